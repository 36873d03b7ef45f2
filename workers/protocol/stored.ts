/** What is kept on this machine, and what can be taken away. */

export interface ExportOptions {
  /**
   * 'adapter': as PEFT saves one. 'model': all weights in Hugging Face layout, an adapter worked in. Default: the adapter
   * where the run trains one, else the model. 'images': of a model that draws, what was drawn at every evaluation and what was compared,
   * as PNG and JSON lines.
   */
  what?: 'adapter' | 'model' | 'images';
  /** Of a model's weights; F32 when left out. */
  dtype?: 'F32' | 'F16' | 'BF16';
}

export interface StorageItem {
  store:
    | 'models'
    | 'adapters'
    | 'dataFiles'
    | 'unfinished'
    | 'datasets'
    | 'references'
    | 'runs'
    | 'checkpoints';
  key: string;
  label: string;
  bytes: number;
  updated: number;
}

export interface StorageReport {
  items: StorageItem[];
  usage: number;
  quota: number;
  persisted: boolean;
  /** Empty, or why nothing can be stored (private window, full disk). */
  problem: string;
}
