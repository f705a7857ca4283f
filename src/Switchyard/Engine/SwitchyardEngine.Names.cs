using Microsoft.Extensions.Options;

namespace Switchyard.Engine;

/// <content>The meaning of names, and the running attempts of providers.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>
    /// Whether a name means a provider, and not an alias: also a provider that cannot be used, so that no other answers in its place.
    /// </summary>
    internal bool IsProvider(string name) => Current.Routes.IsProvider(name);

    /// <summary>The number of attempts that run on a provider, streams that are being read included.</summary>
    internal int InFlightOf(string provider) => Current.Providers.InFlightOf(provider);

    /// <summary>The learnt limit of attempts on a provider (<c>adaptive_concurrency</c>); null if it is not learnt.</summary>
    internal int? LearntConcurrencyOf(string provider) => Current.Providers.LearntConcurrencyOf(provider);

    /// <summary>
    /// <see cref="DefaultModel"/> as far as it is known yet: before the start, the first alias of the options. Null if there is
    /// none.
    /// </summary>
    internal string? FindDefaultModel()
    {
        if (_current is { } current)
            return current.Routes.DefaultModel;
        try
        {
            return Options.Models.Keys.FirstOrDefault();
        }
        catch (OptionsValidationException)
        {
            // The start will report the problem.
            return null;
        }
    }
}
