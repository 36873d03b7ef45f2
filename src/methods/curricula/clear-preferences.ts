/**
 * Clear Preferences Leave Traces: DPO on the pairs that the reference model itself tells clearly apart. How far apart it finds two
 * answers shows in its own log-probs, which DPO needs anyway: selection costs no other model.
 *
 *   g = log pi_0(y_w | x) - log pi_0(y_l | x), each as a mean over the answer's tokens           (1)
 *   DPO on the share of the pairs with the largest |g|                                         (2)
 *
 *   pi_0  the model at the start, DPO's reference      w, l  chosen, rejected
 *
 * Where we differ: the rule of (2), which tail and which normalisation, is our reading, and a choice. It is a wrapper of any source, so
 * that other methods can be trained on the same selection.
 *
 * Source: the paper's abstract and introduction. No code.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import { clearPreferences as selection } from '../../sources/wrappers/clear-preferences';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';
import { defaultParams } from '../params';

export const clearPreferences = defineMethod({
  id: 'clear-preferences',
  name: 'Clear preferences',
  chapter: 'curricula',
  paper: {
    title: 'Clear Preferences Leave Traces: Reference Model-Guided Sampling for Preference Learning',
    authors: 'Nirav Diwan, Tolga Ergen, Dongsub Shim, Honglak Lee',
    year: 2025,
    arxiv: '2501.15109',
    url: 'https://arxiv.org/abs/2501.15109',
  },
  summary:
    'DPO on half of the pairs: those whose answers the reference model’s own log-probs tell most clearly apart.',
  tex: String.raw`\mathcal{L} = -\log\sigma\big( \beta (S_w - S_l) \big) \text{ where } \big| \tfrac{1}{|y_w|}\log\pi_{\mathrm{ref}}(y_w) - \tfrac{1}{|y_l|}\log\pi_{\mathrm{ref}}(y_l) \big| \text{ is largest}`,
  notes: [
    'The selection is the wrapper “Clear preferences” around the data: which tail, by sum or mean, and how much is kept are its parameters. Taken away, this is DPO.',
    'Of a source twice as many pairs are made as are trained on; of a file the share that is not kept is left out.',
    'Its claim does not show on chained arithmetic: over three seeds 54.0 right answers in 100 become 57.2 (-3.7 to 10.0), where DPO on all pairs comes to 68.8: the clearest pairs are not those of the model’s habit.',
    'Sums over tokens mostly select by length: how far gap and length go together stands beside the run. The lower tail is also where wrong labels collect.',
  ],
  kin: { id: 'dpo', change: 'on pairs that the reference tells apart', axis: 'pairs' },
  aims: ['fewer-pairs'],
  eats: 'pairs',
  params: { beta },
  sources: [rightAndWrong],
  passes: (params) => [{ id: 'dpo', label: 'DPO on clear pairs', objective: logistic(params) }], // (2)
  defaults: {
    paper: { share: '0.3 to 0.5' },
    learningRate: 1e-4,
    batchSize: 16,
    wrappers: { [selection.id]: defaultParams(selection) }, // (1)
  },
});
