import { html, nothing } from 'lit';
import type { ChatReply } from '../../../workers/protocol';
import { shown } from '../bring/shown';
import { count, number, plural } from '../format';

/** Shares a token is coloured by: certain ones not at all, a surprise fully. */
const strength = (logProb: number): number => Math.round(100 * Math.min(1, Math.max(0, -logProb / 4)));

/** An answer with each token tinted by how unlikely the model found it. */
export const chatReply = (heading: string, testId: string, reply: ChatReply | undefined, asking: boolean) =>
  html`<section class="reply" aria-label=${heading} aria-busy=${String(asking)}>
    <h3 class="sheet-title">${heading}</h3>
    <div class="reply-text" data-testid=${testId}>${
      reply
        ? reply.pieces.map((piece, i) => {
            const logProb = reply.logProbs[i] ?? 0;
            const ends = reply.finished && i === reply.pieces.length - 1;
            return html`<bdi class="reply-token ${ends ? 'is-end' : ''}" style="--strength: ${strength(logProb)}%" title="log p ${number(logProb)}">${shown(piece)}</bdi>`;
          })
        : html`<span class="quiet">${asking ? '…' : ''}</span>`
    }</div>
    ${
      reply
        ? html`<p class="quiet reply-foot">${plural(reply.pieces.length, 'token')} after ${count(reply.promptTokens)} of prompt${reply.finished ? '' : ', cut short'}${
            reply.seconds > 0 ? `, ${number(reply.pieces.length / reply.seconds)} tokens a second` : ''
          }${reply.logProbs.length > 0 ? `, mean log p ${number(reply.logProbs.reduce((sum, p) => sum + p, 0) / reply.logProbs.length)}` : ''}.</p>`
        : nothing
    }
  </section>`;
