import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { areImages } from '../../../src/methods/method';
import { defaultParams } from '../../../src/methods/params';
import { stepsOf } from '../../../src/run/passes';
import { TrainingSession } from '../../../src/run/session';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend, tf } from '../../../src/tf';
import { defaultRun } from '../../../src/train/run-document';
import { onMadeAnswers } from '../../support/made-answers';
import { memorySessionStore } from '../../support/memory-session-store';
import { tinyModel } from '../../support/tiny-model';

let backend: BackendInfo;
beforeAll(async () => {
  backend = await initBackend('cpu');
});

/** Two of each pass where there are three that share them. */
const STEPS = 6;

/** Those on images are trained in image-session.test.ts. */
const ofText = methods.filter(({ eats }) => !areImages(eats));

/** An untrained model is as unsure as can be, which is where MallowsPO learns nothing. */
const params = { 'mallows-po': { maxEntropy: 6 } } as Record<string, Record<string, number>>;

describe('every method of the catalogue', () => {
  it.each(ofText.map((method) => [method.id, onMadeAnswers(method)] as const))(
    '%s trains, with finite numbers and no tensor left behind',
    async (id, method) => {
      const run = defaultRun(method, 'tiny');
      const counts = new Map<string, number[]>();
      const before = tf.memory().numTensors;
      const session = await TrainingSession.create({
        runId: 'run',
        document: {
          ...run,
          method: { id, params: { ...run.method.params, ...params[id] } },
          data: { ...run.data, difficulty: 'easy', trees: 4, maxTokens: 24 },
          optimizer: { ...run.optimizer, learningRate: 3e-3 },
          schedule: { kind: 'constant', warmup: 0 },
          steps: STEPS,
          batchSize: 2,
          evaluation: { every: 0, problems: 0 },
          checkpointEvery: 0,
        },
        method,
        task: arithmetic,
        model: tinyModel(),
        backend,
        store: memorySessionStore().store,
        emit: (event) => {
          if (event.kind !== 'metrics') return;
          counts.set(event.stage, [...(counts.get(event.stage) ?? []), tf.memory().numTensors]);
        },
      });
      const status = await session.start();
      expect(status.message).toMatch(/^Finished/);
      const { metrics } = session.summary();
      const passes = method.passes(defaultParams(method));
      expect(new Set(metrics.map(({ stage }) => stage))).toEqual(new Set(passes.map((pass) => pass.id)));
      for (const row of metrics) {
        for (const [name, value] of Object.entries(row.metrics)) {
          expect(Number.isFinite(value), `${name} at step ${row.metrics['step']} of ${row.stage}`).toBe(true);
        }
        expect(row.metrics['grad_norm']).toBeGreaterThan(0);
      }
      for (const pass of passes) {
        const own = counts.get(pass.id)!;
        expect(own.length).toBe(stepsOf(pass, STEPS));
        expect(new Set(own.slice(1)).size, `${pass.id}: ${own.join(', ')} tensors`).toBeLessThanOrEqual(1);
      }
      const [name, initial] = [...tinyModel().weights][0]!;
      expect((await session.weights()).get(name)!.data).not.toEqual(initial.data);
      await session.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
