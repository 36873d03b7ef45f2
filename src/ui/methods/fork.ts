import { svg, type TemplateResult } from 'lit';
import type { DataKind } from '../../methods/method';

/** Stem and branches of what a method learns from. */
const forks: Record<DataKind, TemplateResult> = {
  solutions: svg`<path d="M2 10H62" />`,
  pairs: svg`<path d="M2 10H20" opacity=".5" /><path d="M20 10V4H60M20 10V16H46" />`,
  'next-steps': svg`<path d="M2 10H38" opacity=".5" /><path d="M38 10V4H56M38 10V16H52" />`,
  lists: svg`<path d="M2 10H18" opacity=".5" /><path d="M18 10V2.5H60M18 7.5H52M18 12.5H44M18 10V17.5H34" />`,
  answers: svg`<path d="M2 10H20" opacity=".5" /><path d="M20 10H54M54 14V5M51.5 8 54 5 56.5 8" />`,
  steps: svg`<path d="M2 10H16" opacity=".5" /><path d="M16 10V4H60M16 10V16H60" stroke-dasharray="8 3" />`,
  turns: svg`<path d="M8 10H22M34 4H46M34 16H46" opacity=".5" /><path d="M28 10V4H34M28 10V16H34" /><circle cx="5" cy="10" r="2.6" /><circle cx="25" cy="10" r="2.6" fill="currentColor" /><circle cx="49" cy="4" r="2.6" /><circle cx="49" cy="16" r="2.6" />`,
  'latent-images': svg`<path d="M2 10H48" /><rect x="50" y="6.5" width="7" height="7" fill="currentColor" />`,
  latents: svg`<path d="M2 10H20" opacity=".5" /><path d="M20 10V4H34M20 10V16H34" /><rect x="36" y="1" width="7" height="7" fill="currentColor" /><rect x="36" y="12" width="7" height="7" />`,
  'latent-lists': svg`<path d="M2 10H18" opacity=".5" /><path d="M18 10H28" /><rect x="30" y="7" width="6" height="6" fill="currentColor" /><rect x="39" y="7" width="6" height="6" /><rect x="48" y="7" width="6" height="6" />`,
  'latent-steps': svg`<rect x="2" y="7" width="6" height="6" stroke-dasharray="1 2" /><path d="M10 10H30M30 10V4H42M30 10V16H42" /><rect x="44" y="1" width="6" height="6" fill="currentColor" /><rect x="44" y="13" width="6" height="6" />`,
};

const words: Record<DataKind, string> = {
  solutions: 'right answers',
  pairs: 'pairs of answers',
  'next-steps': 'pairs of next steps',
  lists: 'lists of scored answers',
  answers: 'single answers with a thumb or a score',
  steps: 'answers of which each step is marked',
  turns: 'conversations, compared',
  'latent-images': 'drawings',
  latents: 'pairs of images',
  'latent-lists': 'ranked lists of images',
  'latent-steps': 'pairs of steps of denoising',
};

export const dataWords = (kind: DataKind): string => words[kind] ?? kind;

/** The shape of what a method learns from, small enough for a line. */
export const fork = (kind: DataKind): TemplateResult =>
  svg`<svg class="glyph" viewBox="0 0 64 20" width="64" height="20" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" role="img" aria-label=${dataWords(kind)}>${forks[kind]}</svg>`;
