/** Those who hear of something, in the order in which they came. */
export class Ears<T> {
  private readonly ears = new Set<(told: T) => void>();

  /** Returns the way out. */
  add(hear: (told: T) => void): () => void {
    this.ears.add(hear);
    return () => this.ears.delete(hear);
  }

  tell(told: T): void {
    for (const hear of this.ears) hear(told);
  }
}
