/**
 * LongDPO: stepwise DPO for long texts. A judge guides a search that writes section by section; a memory of what was stated passes over
 * contradictions; weak sections are written anew on advice. What is compared are sections of one place.
 *
 *   V   = mean of the judge's marks (1 to 5) + S_l                                               (1)
 *   S_l = 10 max(0, 1 - (y/x - 1) / 3) where y > x, else 10 max(0, 1 - (x/y - 1) / 2)             (2)
 *   candidates are ranked by V + c P sqrt(N) / (1 + n)                                          (3)
 *   z   = beta (S_w - S_l'),  L = softplus(-z), mean over pairs                                (4)
 *
 *   x, y  wanted length, length written       P  normalised exp of the mean log-prob       N, n  visits of the place, of the candidate
 *   S_w, S_l'  sum over the section's tokens of (l_t - l0_t), chosen and rejected; what stands before is not scored
 *
 * (1) to (3) are the source's, whose trees score nothing but the two sections: (4) is DPO on them.
 *
 * Where we differ: the judge is the world's verifier, with four principles for the paper's seven; the memory knows which value
 * each name was given, where the paper's compares statements; advice is a list of names to look up in the prompt. What was written
 * anew takes the chosen section's place only where it is judged better, and a sibling judged as good as the chosen one gives no pair.
 *
 * Source: Ping et al. 2025, section 3; pingbowen23/LongDPO, MCTS/reason/guided_search/tree.py, MCTS/refine.py.
 */
import { firstMistakes } from '../../sources/first-mistakes';
import { guidedSections } from '../../sources/guided-sections';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';

export const longdpo = defineMethod({
  id: 'longdpo',
  name: 'LongDPO',
  chapter: 'stepwise',
  paper: {
    title:
      'LongDPO: Unlock Better Long-form Generation Abilities for LLMs via Critique-augmented Stepwise Information',
    authors: 'Bowen Ping, Jiali Zeng, Fandong Meng, Shuo Wang, Jie Zhou, Shanghang Zhang',
    year: 2025,
    arxiv: '2502.02095',
    url: 'https://arxiv.org/abs/2502.02095',
  },
  summary:
    'Writes long texts section by section under a judge and a memory of what was stated, and prefers the section chosen over another one of the same place.',
  tex: String.raw`\mathcal{L} = -\log \sigma\!\left( \beta \log\frac{\pi_\theta(c_w \mid x, c_{<d})}{\pi_{\mathrm{ref}}(c_w \mid x, c_{<d})} - \beta \log\frac{\pi_\theta(c_l \mid x, c_{<d})}{\pi_{\mathrm{ref}}(c_l \mid x, c_{<d})} \right)`,
  notes: [
    'The judge is the world’s verifier, with four marks (form, sums, consistency, looking back) for the seven of the paper, and the paper’s score of the length.',
    'In the released code back-propagation is commented out and the memory is never filled; “as released” is a choice of the source.',
    'Our reading: the threshold below which a section is written anew (the code takes it from the command line), and that the new one has to be judged better.',
    'What shows, on report-nano over three seeds: S_l 8.6 before, 9.0 after, right lines S_q 8.8 and 9.2, reports that contradict themselves 57 % and 39 %. What does not: an advantage over DPO on the best and the worst whole reports (9.0, 9.1, 40 %), or a part that memory and critique have in it.',
    'The rejected section is another one of the same place picked at random, as in the paper; one that is judged as good as the chosen one is left out.',
  ],
  kin: { id: 'step-dpo', change: 'on sections of a long text, found by a search', axis: 'part' },
  aims: ['blame'],
  eats: 'next-steps',
  params: { beta: { ...beta, from: 'code' } },
  sources: [guidedSections, firstMistakes],
  passes: (params) => [{ id: 'longdpo', label: 'LongDPO', objective: logistic(params) }], // (4)
  presets: [
    {
      id: 'released',
      name: 'As released',
      summary: 'The search as the released code comes out: by value alone, the memory never asked.',
      source: { id: 'guided-sections', params: { search: 'released' } },
    },
    {
      id: 'no-critique',
      name: 'Without critique',
      summary: 'Weak sections stay as they are: the paper’s ablation.',
      source: { id: 'guided-sections', params: { critique: false } },
    },
  ],
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-6, epochs: 2, warmup: 0.1 },
    learningRate: 5e-5,
    batchSize: 16,
    world: { task: 'report', steps: 40, evaluation: { every: 20, problems: 200 } },
  },
});
