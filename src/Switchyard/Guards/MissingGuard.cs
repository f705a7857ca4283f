namespace Switchyard.Guards;

/// <summary>
/// Replaces a configured guard whose plugin is not loaded: it always fails, and the guard's <c>on_failure</c> decides. Omitting the guard
/// would silently let through what it was configured to stop.
/// </summary>
/// <param name="name">The guard's name.</param>
internal sealed class MissingGuard(string name) : IGuard
{
    public ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"no loaded plugin adds 'guard:{name}'");
}
