// Prometheus's text format, as far as the page reads it.

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export type Metrics = Map<string, Sample[]>;

export function metricsOf(text: string): Metrics {
  const found: Metrics = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-z_0-9]+)(?:\{(.*)\})? ([^ ]+)/.exec(line);
    if (parts === null) continue;
    const [, name = "", inner = "", value = ""] = parts;
    const labels: Record<string, string> = {};
    for (const [, key = "", text = ""] of inner.matchAll(/([a-z_0-9]+)="((?:[^"\\]|\\.)*)"/g))
      labels[key] = text;
    const samples = found.get(name);
    const sample = { labels, value: Number(value.replace("Inf", "Infinity")) };
    if (samples === undefined) found.set(name, [sample]);
    else samples.push(sample);
  }
  return found;
}

export function valueOf(metrics: Metrics, name: string): number | null {
  return metrics.get(name)?.[0]?.value ?? null;
}

/** The samples with these labels, added up. */
export function sumOf(metrics: Metrics, name: string, wanted: Record<string, string> = {}): number {
  return matching(metrics, name, wanted).reduce((sum, each) => sum + each.value, 0);
}

/**
 * A quantile of a histogram, in its unit, straight between the edges of its bucket; null before the
 * first sample. What lies beyond the last edge counts as that edge.
 */
export function quantileOf(
  metrics: Metrics,
  name: string,
  q: number,
  wanted: Record<string, string> = {},
): number | null {
  const buckets = matching(metrics, `${name}_bucket`, wanted)
    .map(({ labels, value }) => ({ edge: Number(labels.le?.replace("+Inf", "Infinity")), value }))
    .sort((a, b) => a.edge - b.edge);
  const rank = q * (buckets.at(-1)?.value ?? 0);
  if (rank === 0) return null;
  let below = { edge: 0, value: 0 };
  for (const bucket of buckets) {
    if (bucket.value >= rank) {
      if (bucket.edge === Infinity) return below.edge;
      const share = (rank - below.value) / (bucket.value - below.value);
      return below.edge + share * (bucket.edge - below.edge);
    }
    below = bucket;
  }
  return null;
}

function matching(metrics: Metrics, name: string, wanted: Record<string, string>): Sample[] {
  return (metrics.get(name) ?? []).filter(({ labels }) =>
    Object.entries(wanted).every(([key, value]) => labels[key] === value),
  );
}
