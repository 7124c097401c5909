// How the charts of the terminal look: tokens of the page for everything that has a colour.

import type uPlot from "uplot";

const FONT = "11px system-ui, sans-serif";

/** A token's colour as it is now, for uPlot to ask at each drawing. */
export function token(name: string): () => string {
  const probe = probeOf(name);
  return () => getComputedStyle(probe).color;
}

const probes = new Map<string, HTMLElement>();

// `light-dark()` is resolved in a used colour only: an element of its own for each token.
function probeOf(name: string): HTMLElement {
  let probe = probes.get(name);
  if (probe === undefined) {
    probe = document.createElement("i");
    probe.hidden = true;
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    probes.set(name, probe);
  }
  return probe;
}

/** An axis with quiet digits and faint lines. */
export function axis(more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: token("quiet"),
    font: FONT,
    grid: { stroke: token("line"), width: 1 },
    ticks: { show: false },
    gap: 4,
    ...more,
  };
}

/** Draws a dashed upright line at `x`, where there is one. */
export function upright(plot: uPlot, x: number | null, colour: string): void {
  if (x === null) return;
  const { ctx, bbox } = plot;
  const at = Math.round(plot.valToPos(x, "x", true));
  if (at < bbox.left || at > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(at, bbox.top);
  ctx.lineTo(at, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
