import { moreIsLess } from './more-is-less';
import { neuronSeries } from './neuron-dynamics';
import type { Series } from './series';

/** Analyses that train what they look at. */
export const allSeries: readonly Series[] = [neuronSeries, moreIsLess];
