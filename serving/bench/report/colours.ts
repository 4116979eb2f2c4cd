/**
 * Colours of the plots. Each has a partner for dark pages: a plot carries both and shows the one that its reader's
 * page asks for, since an SVG in an `<img>` sees the reader's preference but not the page's style.
 */
export const COLOURS = {
  /** Titles and values. */
  ink: { light: '#24292f', dark: '#e6edf3' },
  /** Axis labels. */
  muted: { light: '#57606a', dark: '#9ea7b3' },
  /** Grid lines and axes. */
  line: { light: '#d8dee4', dark: '#373e47' },
  /** This tier. */
  ours: { light: '#0969da', dark: '#58a6ff' },
  /** What it is held against. */
  theirs: { light: '#8c959f', dark: '#768390' },
  /** Limits, and what went wrong. */
  limit: { light: '#cf222e', dark: '#ff7b72' },
  /** A second and third series of equal rank. */
  second: { light: '#bf8700', dark: '#d29922' },
  third: { light: '#1a7f37', dark: '#3fb950' },
} as const;

/** The name of a colour as a plot's specification takes it. */
export const colour = (name: keyof typeof COLOURS): string => COLOURS[name].light;

/** Style sheet that turns the colours to their dark partners where the reader prefers a dark page. */
export function darkStyle(): string {
  const rules = Object.values(COLOURS).map(
    ({ light, dark }) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  return `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`;
}
