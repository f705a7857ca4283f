namespace Switchyard.Guards;

/// <summary>
/// Stands for a configured guard whose plugin is not loaded: it fails, and the guard's <c>on_failure</c> decides. A guard that is simply
/// left out would let pass, unsaid, what it was there for.
/// </summary>
/// <param name="name">The guard's name.</param>
internal sealed class MissingGuard(string name) : IGuard
{
    public ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"no plugin that is loaded adds 'guard:{name}'");
}
