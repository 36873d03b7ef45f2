import type { AppCore } from './app';

/**
 * Has the engine load the model of the form. One that cannot be loaded is named in the state before anybody asks the engine,
 * which may still have another.
 * @throws what the engine says of it
 */
export const loadModel = async ({ connection, store }: AppCore, model: string): Promise<void> => {
  try {
    await connection.api.load(model);
  } catch (error) {
    store.set({ unloaded: model });
    throw error;
  }
};
