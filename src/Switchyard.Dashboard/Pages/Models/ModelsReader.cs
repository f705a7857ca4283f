using Switchyard.Engine;
using Switchyard.Listing;

namespace Switchyard.Dashboard.Pages.Models;

/// <summary>Reads the models that clients may ask for, and the known facts of each. Thread-safe.</summary>
internal sealed class ModelsReader(SwitchyardEngine engine, TimeProvider time)
{
    /// <summary>The day whose prices are shown.</summary>
    public DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>The models, by their names.</summary>
    /// <param name="all">Whether to include catalogue models whose providers are not enabled.</param>
    public async Task<IReadOnlyList<ListedModel>> ReadAsync(bool all) =>
        [.. (await engine.Models.ListAsync(all, CancellationToken.None)).OrderBy(model => model.Id, StringComparer.OrdinalIgnoreCase)];
}
