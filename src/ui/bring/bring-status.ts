import { html, nothing } from 'lit';
import type { DownloadProgress } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { bytes, duration } from '../format';
import type { Brought, State } from '../state';

const quietMs = 1000;
const waiting = 'Reading it…';

const sentence = ({ done, total, bytesPerSecond, secondsLeft, note }: DownloadProgress): string => {
  const speed = bytesPerSecond > 0 ? `, ${bytes(Math.round(bytesPerSecond))} a second` : '';
  const left =
    secondsLeft === undefined || done >= total
      ? ''
      : `, ${duration(Math.max(1, Math.round(secondsLeft)))} left`;
  return `${bytes(Math.round(done))} of ${bytes(total)}${speed}${left}${note ? `. ${note}` : ''}`;
};

/** Progress, cancel and trouble of what is being brought, beside its own control. */
export class BringStatus extends AppElement {
  static override properties = { ...AppElement.properties, kind: {}, said: { state: true } };
  declare kind: Brought;
  declare said: string;
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.said = '';
  }

  protected watched() {
    return ['bringing', 'download', 'bringProblems'] as const;
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  /** At most one sentence a second, for those who have it read to them. */
  protected override changed(keys: ReadonlySet<keyof State>) {
    clearTimeout(this.#timer);
    const say = () => {
      this.#saidAt = performance.now();
      const { bringing, download } = this.state;
      this.said = bringing !== this.kind ? '' : download ? sentence(download) : waiting;
    };
    const begins = this.state.download !== undefined && this.said === waiting;
    const wait = keys.has('bringing') || begins ? 0 : this.#saidAt + quietMs - performance.now();
    if (wait <= 0) say();
    else this.#timer = setTimeout(say, wait);
  }

  #bar(label: string, done: number, total: number) {
    return html`<label class="bar-line"><span class="bar-name">${label}</span>
      <progress max="1" .value=${total > 0 ? done / total : 0}></progress></label>`;
  }

  override render() {
    const { bringing, download, bringProblems } = this.state;
    const busy = bringing === this.kind;
    const problem = bringProblems[this.kind];
    return html`
      <div class="bring-status ${busy ? 'is-busy' : ''}" data-testid=${busy && download ? 'download-progress' : nothing}>
        ${
          busy && download
            ? html`${this.#bar(download.file, download.fileDone, download.fileTotal)}
                ${this.#bar(`${download.repo}, all files`, download.done, download.total)}`
            : nothing
        }
        <p role="status" class="quiet">${this.said}</p>
        ${
          busy && download
            ? html`<p><button type="button" class="quiet-button" data-testid="download-cancel" @click=${() => void this.app.bring.cancel()}>Cancel the download</button></p>`
            : nothing
        }
      </div>
      <div role="alert" data-testid="${this.kind}-problem">${problem ? html`<p class="trouble">${problem}</p>` : nothing}</div>
    `;
  }
}

define('bring-status', BringStatus);
