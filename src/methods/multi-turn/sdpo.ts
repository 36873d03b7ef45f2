/**
 * SDPO: DPO on one key segment of a session in turns: from the turn that went wrong to the one that made the better session better. Equally
 * many turns on both sides, so that what depends on the states alone cancels.
 *
 *   z = beta (sum over turns e..e+k of S_t [w] - the same of S_t [l])                            (1)
 *   L = softplus(-z), mean over pairs                                                          (2)
 *
 *   S_t  sum over the agent's tokens of turn t of (l_t - l0_t); what the other side says is not scored
 *   e    the erroneous turn      k   turns of the segment after it      beta  strength of the pull to the reference
 *
 * The trees of the source score nothing but the segments, so that (1) is DPO's margin.
 *
 * Where we differ: the verifier and the world's judge stand for the paper's GPT-4. The segment ends with the turn at which the better
 * session, judged as if it ended there, has passed the best that the other one came to; the paper asks a model.
 *
 * Source: Kong et al. 2025, section 3; AlibabaResearch/DAMO-ConvAI, SDPO/sotopia/dpo/locate, auto_tail.py.
 */
import { expertAndRollout } from '../../sources/expert-and-rollout';
import { resampledSessions } from '../../sources/resampled-sessions';
import { defineMethod } from '../method';
import { beta, logistic } from '../pairwise/dpo';

export const sdpo = defineMethod({
  id: 'sdpo',
  name: 'SDPO',
  chapter: 'multi-turn',
  paper: {
    title: 'SDPO: Segment-Level Direct Preference Optimization for Social Agents',
    authors:
      'Aobo Kong, Wentao Ma, Shiwan Zhao, Yongbin Li, Yuchuan Wu, Ke Wang, Xiaoqian Liu, Qicheng Li, Yong Qin, Fei Huang',
    year: 2025,
    arxiv: '2501.01821',
    url: 'https://arxiv.org/abs/2501.01821',
  },
  summary:
    'Lets the model take up a failed session again from just before its error, and compares the segment of turns that made the better session better with as many turns of the other.',
  tex: String.raw`\mathcal{L} = -\log\sigma\Big( \beta \sum_{t=e}^{e+k} S_{t,w} - \beta\sum_{t=e}^{e+k} S_{t,l} \Big)`,
  notes: [
    'The error is the first turn that the verifier faults, and the world’s judge scores sessions; the paper asks GPT-4.',
    'Our reading of the segment’s end: the turn at which the better session, judged as if it ended there, has passed the best that the other one came to.',
    'Turn, segment and whole session are a choice of the source; a file’s two conversations with the same beginning are compared from where they part.',
    'What shows, on turns-nano with a partner over three seeds: games won 72 % before, 81 % after, and a better mood. What does not: that the segment beats the turn (by 3 points, -2 to 7) or the session (-3 points, -8 to 2); the sessions are short.',
    'Not to be confused with stepwise DPO (sDPO) or with self-distillation, which go by the same letters.',
  ],
  kin: { id: 'dpo', change: 'on the key segment of a conversation', axis: 'part' },
  aims: ['blame'],
  eats: 'turns',
  params: { beta: { ...beta, from: 'code' } },
  sources: [resampledSessions, expertAndRollout],
  passes: (params) => [{ id: 'sdpo', label: 'SDPO', objective: logistic(params) }], // (1), (2)
  presets: [
    {
      id: 'turn',
      name: 'Turn',
      summary: 'Only the erroneous turn is compared: the paper’s turn-level baseline.',
      source: { id: 'resampled-sessions', params: { segment: 'turn' } },
    },
    {
      id: 'session',
      name: 'Session',
      summary: 'All turns from the error to the end are compared: the paper’s session-level baseline.',
      source: { id: 'resampled-sessions', params: { segment: 'session' } },
    },
  ],
  defaults: {
    paper: { beta: 0.1, learningRate: 1e-6, batchSize: 32, epochs: 2, schedule: 'cosine' },
    learningRate: 2e-4,
    batchSize: 16,
    world: { task: 'turns', difficulty: 'partner', steps: 60, evaluation: { every: 20, problems: 300 } },
  },
});
