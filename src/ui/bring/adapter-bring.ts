import { html } from 'lit';
import type { HubSource } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import './bring-status';
import { filesOfInput } from './given-files';
import './hub-form';

/** An adapter in PEFT's files, to go on from. */
export class AdapterBring extends AppElement {
  protected watched() {
    return ['bringing', 'connection', 'missing'] as const;
  }

  #input = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const files = filesOfInput(input);
    input.value = '';
    if (files.length > 0) void this.app.bring.addAdapter(files);
  };

  override render() {
    const { bringing, connection, missing } = this.state;
    const busy = bringing !== undefined || connection !== 'ready';
    return html`<bring-status .app=${this.app} kind="adapter"></bring-status>
      <details class="more" data-testid="adapter-more" ?open=${missing.adapter !== undefined}><summary>Bring an adapter to go on from</summary>
      <div class="ways">
        <hub-form prefix="adapter-hub" what="adapter" ?busy=${busy} @load=${(e: CustomEvent<HubSource>) => void this.app.bring.addHubAdapter(e.detail)}></hub-form>
        <div class="files">
          <p class="way-title">From this machine</p>
          <label for="adapter-files">adapter_config.json and adapter_model.safetensors</label>
          <input id="adapter-files" data-testid="adapter-files" type="file" multiple ?disabled=${busy} @change=${this.#input} />
        </div>
      </div></details>`;
  }
}

define('adapter-bring', AdapterBring);
