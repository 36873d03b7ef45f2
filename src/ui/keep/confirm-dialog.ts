import { html, LitElement } from 'lit';
import { define } from '../element';

/** Asks before something is lost. */
export class ConfirmDialog extends LitElement {
  static override properties = {
    question: { state: true },
    detail: { state: true },
    verb: { state: true },
    keep: { state: true },
  };
  declare question: string;
  declare detail: string;
  declare verb: string;
  declare keep: string;
  #answer: (yes: boolean) => void = () => {};

  constructor() {
    super();
    this.question = '';
    this.detail = '';
    this.verb = '';
    this.keep = '';
  }

  protected override createRenderRoot() {
    return this;
  }

  /** Resolves true only when the button that does it was pressed. */
  async ask(question: string, detail: string, verb: string, keep = 'Keep it'): Promise<boolean> {
    this.question = question;
    this.detail = detail;
    this.verb = verb;
    this.keep = keep;
    await this.updateComplete;
    const dialog = this.querySelector('dialog')!;
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #closed = (event: Event) => {
    const dialog = event.target as HTMLDialogElement;
    // The event comes late: a question asked in the meantime is not answered by it.
    if (!dialog.open) this.#answer(dialog.returnValue === 'yes');
  };

  override render() {
    return html`<dialog aria-labelledby="${this.id}-question" @close=${this.#closed}>
      <form method="dialog">
        <h2 id="${this.id}-question">${this.question}</h2>
        <p>${this.detail}</p>
        <p class="buttons">
          <button value="no" data-testid="confirm-no">${this.keep}</button>
          <button value="yes" class="primary" data-testid="confirm-delete">${this.verb}</button>
        </p>
      </form>
    </dialog>`;
  }
}

define('confirm-dialog', ConfirmDialog);
