"""Books, matching, auctions and phases as pure state and rules."""
