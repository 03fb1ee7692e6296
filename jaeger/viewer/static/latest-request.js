// Owns the rule that only the newest request of a page may draw: an earlier one is cancelled when the next begins,
// and what it still brings is dropped.

export class LatestRequest {
  #controller = new AbortController();

  /** Runs `work(signal)`; `onFailure(error)` is called unless a newer request or `cancel` has overtaken it. */
  async run(work, onFailure) {
    this.cancel();
    const { signal } = (this.#controller = new AbortController());
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
  }

  cancel() {
    this.#controller.abort();
  }
}
