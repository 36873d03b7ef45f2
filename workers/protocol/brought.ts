/** Models, data and adapters: what is known of them, and where they come from. */

export interface ModelSummary {
  id: string;
  name: string;
  description: string;
  parameters: number;
  builtIn: boolean;
  /** Of a built-in model: the world that it was made for, and the difficulty that suits it. */
  task?: string;
  difficulty?: string;
  /** It draws images instead of writing text, and takes the methods of the chapter "Denoising". */
  draws?: true;
  /** Of a model that was brought: what a form needs to offer the right choices. */
  details?: ModelDetails;
}

export interface ModelDetails {
  /** Kind of model, see src/model/families. */
  family: string;
  /** Bytes of its files. */
  bytes: number;
  /** Longest path in tokens. */
  maxPositions: number;
  chatTemplate: boolean;
  /** Last parts of the names of its linear modules, for an adapter's targets. */
  linearModules: string[];
  /** How its file holds the matrices: 'packed' blocks, 'half' numbers or 'full' ones. */
  stored: 'packed' | 'half' | 'full';
  /** False when the browser had no room: the model is gone with the page. */
  kept: boolean;
}

/** A file that a person gave; `name` is its path where a folder was given. */
export interface GivenFile {
  name: string;
  data: Blob | Uint8Array;
}

/** Where something lies on a hub. */
export interface HubSource {
  /** Address of the hub; the public one when left out. */
  hub?: string;
  /** "owner/name". */
  repo: string;
  /** Branch, tag or commit; "main" when left out. */
  revision?: string;
  /** One file, where the repository holds several of a kind. */
  file?: string;
  /** For gated repositories. Held in memory for this call, stored nowhere. */
  token?: string;
}

export interface DownloadProgress {
  repo: string;
  file: string;
  /** Bytes. */
  fileDone: number;
  fileTotal: number;
  done: number;
  total: number;
  bytesPerSecond: number;
  /** Undefined until the speed is known. */
  secondsLeft: number | undefined;
  /** What is being waited for, such as another tab's download or a second try; empty while bytes come. */
  note: string;
}

export interface DatasetSummary {
  /** Names it in a run document: `data.dataset.id`. Equal files have equal ids. */
  id: string;
  /** The file's name, or that of its folder. */
  name: string;
  bytes: number;
  columns: string[];
  /** Rows, where the file says it without being read. */
  rows: number | undefined;
  /** What its rows look like, and why; undefined when nothing known fits, and the person has to say. */
  format: string | undefined;
  why: string;
  /** Which column plays which part. */
  mapping: Record<string, string | string[] | undefined>;
  /** What the person should know of the files themselves, in sentences. */
  notices?: string[];
  /** False where its text is not UTF-8: its rows can be read once the settings name its encoding. */
  utf8?: boolean;
  kept: boolean;
}

/** Choices between images that are kept. */
export interface ChoicesSummary {
  /** Names them in a run document: `data.source.params.set` of the source "own-choices". Equal choices have equal ids. */
  id: string;
  pairs: number;
}

export interface AdapterSummary {
  /** Names it in a run document: `adapter.from`. */
  id: string;
  name: string;
  rank: number;
  alpha: number;
  targetModules: string[];
  /** The model it was trained on, as its file says. */
  baseModel: string | undefined;
  kept: boolean;
}
