/// <reference lib="webworker" />
import { expose } from 'comlink';
import { createTrainerApi } from '../src/trainer';

declare const self: DedicatedWorkerGlobalScope;

// In the build the worker lies in assets/, in development in workers/: the models are one folder up in both.
expose(createTrainerApi(new URL('../', self.location.href).href));
