using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Health;

/// <summary>Chooses the model for a health check that names none.</summary>
internal static class ProbeModel
{
    /// <summary>The cheapest chat model whose price is known; else the first chat model; null if none is known.</summary>
    /// <param name="registry">The providers.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="listed">The models it lists; used if neither configuration nor catalogue names one.</param>
    /// <param name="today">The day of the prices.</param>
    public static string? Choose(ProviderRegistry registry, string provider, IReadOnlyList<ProviderModel> listed, DateOnly today)
    {
        var registered = registry.All.FirstOrDefault(
            candidate => string.Equals(candidate.Name, provider, StringComparison.OrdinalIgnoreCase));
        var names = registered?.Models is { Count: > 0 } models
            ? models
            : [.. listed.Where(model => model.Capabilities.Completion).Select(model => model.Id)];
        var chatting = names.Where(IsChat).ToList();
        return chatting
            .Select(name => (Name: name, Price: InfoOf(name)?.PriceOn(today)?.Rates.Output))
            .Where(priced => priced.Price is not null)
            .OrderBy(priced => priced.Price)
            .Select(priced => priced.Name)
            .FirstOrDefault() ?? chatting.FirstOrDefault();

        bool IsChat(string name) =>
            !name.Contains("embed", StringComparison.OrdinalIgnoreCase) && InfoOf(name)?.Kind is null or ModelKind.Chat;

        ModelInfo? InfoOf(string name) =>
            registered is null ? null : ModelCatalog.Default.FindListed(registered.Descriptor.Name, name);
    }
}
