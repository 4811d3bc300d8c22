/**
 * Draws at most once per animation frame, however often it is asked, and not more often than
 * `restMs`. A hidden page gets no frames, so it draws nothing and goes on counting.
 */
export class Paint {
  private wanted = false;
  private paintedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly draw: () => void,
    private readonly restMs = 0,
    // Not the bare function: called as this object's property it would refuse ("illegal invocation").
    private readonly frame: (then: () => void) => unknown = (then) => requestAnimationFrame(then),
  ) {}

  request(): void {
    if (this.wanted) return;
    this.wanted = true;
    const rest = this.paintedAt + this.restMs - performance.now();
    if (rest > 0) setTimeout(() => this.frame(() => this.paint()), rest);
    else this.frame(() => this.paint());
  }

  private paint(): void {
    this.wanted = false;
    this.paintedAt = performance.now();
    this.draw();
  }
}
