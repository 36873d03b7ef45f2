import type { LoadedModel } from '../load/loaded-model';
import type { Network } from '../model/network';
import { disposeParameters, loadWeights } from '../model/parameters';
import type { Engine } from './engine';

/** The model that answers while no run is open: the last one that was asked for, on the device once it is asked. */
export interface Standby {
  /** Undefined before any was asked for. */
  wanted: LoadedModel | undefined;
  /** The wanted model's weights on the device. @throws Error when there is none, or when it draws */
  open(): { model: LoadedModel; network: Network };
  /** Frees the device; the model stays wanted. */
  close(): void;
}

export const createStandby = (engine: Engine): Standby => {
  let opened: ReturnType<Standby['open']> | undefined;
  const standby: Standby = {
    wanted: undefined,
    open() {
      const { wanted } = standby;
      if (!wanted) throw new Error('No model is loaded; call load first.');
      const { config, weights, summary } = wanted;
      if (opened?.model !== wanted) {
        standby.close();
        // Nothing is trained here: what the file has packed stays packed.
        const storage = summary.builtIn ? 'f32' : 'file';
        opened = { model: wanted, network: { config, weights: loadWeights(config, weights, storage) } };
      }
      return opened!;
    },
    close() {
      if (opened && !engine.broken) disposeParameters(opened.network.weights);
      opened = undefined;
    },
  };
  return standby;
};
