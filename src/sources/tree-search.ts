import { choice, flag, number } from '../methods/params';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { PairRules } from '../search/search-pairs';
import { pairsOfSearch } from '../search/search-pairs';
import { describeSearch, tooLittleFound } from '../search/search-report';
import { searchedTree } from '../search/searched-tree';
import { problemLimit } from '../search/tally';
import { judges, newSearchTally, taskWorld } from '../search/task-world';
import { searchTrees } from '../search/tree-search';
import { pairsOf } from '../tree/pairs-of';
import { sampling } from './sampling';
import { defineSource } from './source';

/** Problems that are searched side by side: with a few children each they fill a call to the model. */
const PROBLEMS_AT_ONCE = 64;

/**
 * Monte Carlo tree search over the steps of each problem. Steps that follow one state and differ in worth are a pair, and so may be a
 * right and a wrong answer of the tree; the searched tree is the tree that is trained on.
 */
export const treeSearch = defineSource({
  id: 'tree-search',
  name: 'Tree search',
  summary:
    'Searches a tree of steps for each problem; steps that follow the same ones and turn out better and worse are pairs.',
  params: {
    simulations: number({
      label: 'simulations',
      help: 'How often the search goes down the tree of a problem; each time one state gets its next steps.',
      min: 1,
      max: 256,
      integer: true,
      default: 16,
      from: 'ours',
    }),
    children: number({
      label: 'children',
      help: 'Steps that are sampled after a state; equal ones are one child.',
      min: 2,
      max: 16,
      integer: true,
      default: 4,
      from: 'ours',
    }),
    depth: number({
      label: 'depth',
      help: 'Steps of an answer at most; one that has not ended by then is wrong.',
      min: 1,
      max: 32,
      integer: true,
      default: 8,
      from: 'code',
    }),
    rule: choice({
      label: 'which way down',
      help: 'How the search weighs what looks good against what it knows little of.',
      options: {
        ucb: 'UCB: mean + C √(ln N / n)',
        puct: 'PUCT: mean + C · prior · √N / (1 + n)',
      },
      default: 'ucb',
      from: 'paper',
    }),
    c: number({
      label: 'C',
      help: 'How much the search explores.',
      min: 0,
      max: 10,
      default: 1,
      from: 'ours',
    }),
    revisit: flag({
      label: 'visit ends again',
      help: 'Whether the search may come to an ended answer again, which tells it nothing new; else its reward counts once.',
      default: false,
      from: 'ours',
    }),
    judge: choice({
      label: 'worth of a step',
      help: 'By what a step is judged that does not end the answer.',
      options: judges,
      default: 'rollouts',
      from: 'ours',
    }),
    rollouts: number({
      label: 'rollouts',
      help: 'Answers sampled on from each new step, where those judge it.',
      min: 1,
      max: 16,
      integer: true,
      default: 1,
      from: 'ours',
    }),
    signed: flag({
      label: 'wrong is -1',
      help: 'A wrong answer earns -1 instead of 0; a right one earns 1.',
      default: false,
      from: 'ours',
    }),
    temperature: {
      ...sampling.temperature,
      help: 'Temperature at which steps are sampled; above about 0.8 the pairs show rare slips instead of habits.',
      default: 0.8,
    },
    topP: { ...sampling.topP, default: 0.95 },
    gap: number({
      label: 'gap',
      help: 'By how much one step must be worth more than another to make a pair.',
      min: 0,
      max: 2,
      default: 0.5,
      from: 'ours',
    }),
    minVisits: number({
      label: 'visits needed',
      help: 'Visits that both steps of a pair need.',
      min: 1,
      max: 64,
      integer: true,
      default: 1,
      from: 'ours',
    }),
    siblings: choice({
      label: 'steps compared',
      help: 'Of the steps that follow the same ones.',
      options: { all: 'every two that differ enough', extremes: 'the best with the worst' },
      default: 'all',
      from: 'paper',
    }),
    onRightPath: flag({
      label: 'on right paths only',
      help: 'Compare only steps that follow a state on the way to a right answer of the tree.',
      default: false,
      from: 'ours',
    }),
    trajectories: number({
      label: 'whole answers',
      help: 'Pairs of a right and a wrong answer of a tree that are added to those of steps.',
      min: 0,
      max: 16,
      integer: true,
      default: 0,
      from: 'ours',
    }),
    grain: choice({
      label: 'a tree is',
      help: 'What counts as one tree of the data: all pairs of a problem, which share what they have in common, or one pair.',
      options: { problem: 'the tree of a problem', pair: 'one pair' },
      default: 'problem',
      from: 'ours',
    }),
  },
  makes: ['next-steps', 'steps', 'pairs'],
  async *make(ctx, params) {
    const rules: PairRules = params;
    const wrong = params.signed ? -1 : 0;
    const tally = newSearchTally();
    const found = { pairs: 0, below: 0 };
    let made = 0;
    const report = (doing = '') => ctx.progress(made, describeSearch(tally, found.pairs) + doing);
    while (tally.problems < problemLimit(ctx.count)) {
      const problems = Array.from({ length: sizeOf(ctx, made, tally.problems) }, ctx.problems);
      tally.problems += problems.length;
      const world = taskWorld(ctx, problems, { ...params, wrong }, tally);
      const prompts = problems.map((problem) => promptTokens(ctx.tokenizer, problem));
      const roots = await searchTrees(prompts, world, params, ({ simulation }) =>
        report(`; simulation ${simulation} of ${params.simulations}`),
      );
      for (const [i, root] of roots.entries()) {
        const problem = problems[i]!;
        const pairs = pairsOfSearch(root, rules, ctx.rng);
        found.pairs += pairs.length;
        if (pairs.length === 0) {
          found.below += pairsOfSearch(
            root,
            { ...rules, gap: 0, minVisits: 1, onRightPath: false },
            ctx.rng.fork('near'),
          ).length;
          continue;
        }
        const tree = searchedTree(root, pairs, { id: `${problem.id}#${made}`, task: ctx.task, problem });
        for (const part of params.grain === 'pair' ? pairsOf(tree) : [tree]) {
          yield part;
          made++;
          if (made >= ctx.count) {
            report();
            return;
          }
        }
      }
      report();
    }
    throw tooLittleFound(ctx, made, tally, found);
  },
});

/** Problems for the next search: about one in three gives something. */
const sizeOf = (ctx: PipelineContext, made: number, searched: number): number =>
  Math.min(PROBLEMS_AT_ONCE, Math.max(8, 3 * (ctx.count - made)), problemLimit(ctx.count) - searched);
