using Switchyard.Refinement.Requests;

namespace Switchyard.Refinement;

/// <summary>A refiner that the host application added.</summary>
/// <param name="Refiner">The refiner.</param>
/// <param name="IsPreferred">Whether it also answers requests that leave the choice open, while it is healthy.</param>
internal sealed record AddedRefiner(ISchemaRefiner Refiner, bool IsPreferred);

/// <summary>The refiners of the host application. Thread-safe.</summary>
internal sealed class RefinerList(IEnumerable<AddedRefiner> added)
{
    private readonly AddedRefiner[] _added = [.. added];

    /// <summary>The refiner of a choice; null if the choice is a provider of the engine.</summary>
    public async ValueTask<ISchemaRefiner?> FindAsync(string provider, CancellationToken cancellationToken)
    {
        // Of several with one name the last wins, as with services of a container.
        if (!Asking.ModelTargets.IsAuto(provider))
            return _added.LastOrDefault(each => each.Refiner.Name.Equals(provider, StringComparison.OrdinalIgnoreCase))?.Refiner;
        foreach (var each in _added.Where(each => each.IsPreferred))
        {
            if (await IsHealthyAsync(each.Refiner, cancellationToken).ConfigureAwait(false))
                return each.Refiner;
        }

        return null;
    }

    private static async Task<bool> IsHealthyAsync(ISchemaRefiner refiner, CancellationToken cancellationToken)
    {
        try
        {
            return await refiner.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Code of the host: if it throws, treat the refiner as unavailable.
            return false;
        }
    }
}
