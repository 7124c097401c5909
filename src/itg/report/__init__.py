"""Reports as a person reads them: one page of HTML or a PDF out of a `ReportBody`.

Owns the words, the tables and the drawings. Knows the wire alone: every number comes with the
report, and nothing is computed here but where a mark stands in a drawing.
"""

from itg.report.document import Document, document_of
from itg.report.page import page_of
from itg.report.print_out import MissingTypstError, pdf_of

__all__ = ["Document", "MissingTypstError", "document_of", "page_of", "pdf_of"]
