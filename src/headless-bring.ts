/** What the terminal was given to read: files from its own server, or places on a hub. */
import type {
  AdapterSummary,
  ChoicesSummary,
  DatasetSummary,
  GivenFile,
  HubSource,
  ModelSummary,
  Trainer,
} from './index';

/** Files by name and the address to fetch each from, or a place on a hub. */
export type Given = { files: { name: string; address: string }[] } | { hub: HubSource };

export interface BringInput {
  model?: Given;
  data?: Given;
  adapter?: Given;
  /** Choices between images. */
  choices?: Extract<Given, { files: unknown }>;
}

export interface Brought {
  model?: ModelSummary;
  data?: DatasetSummary;
  adapter?: AdapterSummary;
  choices?: ChoicesSummary;
}

/** Something given on the command line cannot be used; the message begins with the option. */
export class GivenError extends Error {
  override name = 'GivenError';
}

const fetchFile = async ({ name, address }: { name: string; address: string }): Promise<GivenFile> => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${name} can no longer be read; leave the files alone until they are.`);
  return { name, data: await response.blob() };
};

const named = async <T>(option: string, f: () => Promise<T>): Promise<T> => {
  try {
    return await f();
  } catch (error) {
    throw new GivenError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/**
 * Reads and keeps what was given, the model first.
 * @param model id of the run's model where none is brought; an adapter is read for it
 * @throws GivenError
 */
export const bring = async (trainer: Trainer, input: BringInput, model: string): Promise<Brought> => {
  const brought: Brought = {};
  const { model: givenModel, data, adapter, choices } = input;
  if (givenModel) {
    brought.model = await named('--model', async () =>
      'hub' in givenModel
        ? trainer.addHubModel(givenModel.hub)
        : trainer.addModel(await Promise.all(givenModel.files.map(fetchFile))),
    );
  }
  if (data) {
    brought.data = await named('--data', async () =>
      'hub' in data
        ? trainer.addHubDataset(data.hub)
        : trainer.addDataset(await Promise.all(data.files.map(fetchFile))),
    );
  }
  if (choices) {
    brought.choices = await named('--choices', async () =>
      trainer.addChoices(await Promise.all(choices.files.map(fetchFile))),
    );
  }
  if (adapter) {
    const id = brought.model?.id ?? model;
    brought.adapter = await named('--adapter', async () =>
      'hub' in adapter
        ? trainer.addHubAdapter(adapter.hub, id)
        : trainer.addAdapter(await Promise.all(adapter.files.map(fetchFile)), id),
    );
  }
  return brought;
};
