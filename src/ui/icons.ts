import { svg, type TemplateResult } from 'lit';

const icon = (body: TemplateResult) =>
  svg`<svg class="icon" viewBox="0 0 16 16" width="1em" height="1em" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${body}</svg>`;

export const tick = () => icon(svg`<path d="M2.5 8.8 6.2 12.5 13.5 3.8" />`);
export const cross = () => icon(svg`<path d="M3.6 3.4 12.4 12.6 M12.6 3.2 3.4 12.8" />`);
export const play = () => icon(svg`<path d="M4.5 2.8 13 8 4.5 13.2Z" fill="currentColor" />`);
export const pause = () => icon(svg`<path d="M5 3v10 M11 3v10" stroke-width="2.6" />`);
export const stepIcon = () =>
  icon(svg`<path d="M3.5 3.2 9.5 8 3.5 12.8Z" fill="currentColor" /><path d="M12.5 3v10" />`);
export const stop = () => icon(svg`<path d="M3.8 3.8h8.4v8.4H3.8Z" fill="currentColor" />`);
export const left = () => icon(svg`<path d="M10.5 2.8 5 8l5.5 5.2" />`);
export const right = () => icon(svg`<path d="M5.5 2.8 11 8l-5.5 5.2" />`);
export const up = () => icon(svg`<path d="M2.8 10.5 8 5l5.2 5.5" />`);
export const down = () => icon(svg`<path d="M2.8 5.5 8 11l5.2-5.5" />`);
