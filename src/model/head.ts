import type { ModelConfig } from './config';
import { familyOf } from './families/index';
import type { Network } from './network';
import { matrixLike } from './weights';

/** The module whose weight is the output head [V, d]: its own, or the token table where they are tied. */
export const headModule = (config: ModelConfig): string =>
  config.tieWordEmbeddings ? familyOf(config).tokenTable : 'lm_head';

/** The output head [V, d]. */
export const outputHead = ({ config, weights }: Network) =>
  matrixLike(weights, `${headModule(config)}.weight`);
