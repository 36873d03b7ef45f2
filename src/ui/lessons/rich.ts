import { html, nothing, type TemplateResult } from 'lit';
import type { Rich } from '../../lessons/lesson';
import type { App } from '../app';
import { pageLink } from '../page-link';
import { partHash } from '../place';

const marks = /(`[^`]+`|\*[^*]+\*|\[[^\]]+\]\([^)\s]+\)|\{[^}]+\})/;

const link = (app: App, text: string, href: string) => {
  if (!href.startsWith('#')) return html`<a href=${href}>${text}</a>`;
  const { place, document } = partHash(href);
  // A link that brings a document of its own is followed as an address is.
  return document.length > 0 ? html`<a href=${href}>${text}</a>` : pageLink(app, place, text);
};

/** A text of a lesson with its marks: emphasis, code, links, numbers of a run. */
export const rich = (app: App, text: Rich | undefined): TemplateResult | typeof nothing =>
  text === undefined
    ? nothing
    : html`${text.split(marks).map((piece) => {
        const inside = piece.slice(1, -1);
        if (/^`.+`$/s.test(piece)) return html`<code>${inside}</code>`;
        if (/^\*.+\*$/s.test(piece)) return html`<em>${inside}</em>`;
        if (/^\{.+\}$/s.test(piece)) return html`<span class="live-number">${inside}</span>`;
        const [, words, href] = /^\[(.+)\]\((.+)\)$/s.exec(piece) ?? [];
        return words && href ? link(app, words, href) : piece;
      })}`;

/** The text without its marks. */
export const plain = (text: Rich): string =>
  text
    .split(marks)
    .map((piece) => {
      const named = /^\[(.+)\]\(.+\)$/s.exec(piece);
      return named ? named[1]! : /^[`*{].+[`*}]$/s.test(piece) ? piece.slice(1, -1) : piece;
    })
    .join('');

/** Its first sentence. */
export const firstSentence = (text: Rich): Rich => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
