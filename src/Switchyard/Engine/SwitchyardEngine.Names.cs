using Microsoft.Extensions.Options;

namespace Switchyard.Engine;

/// <summary>What names mean, and what runs at providers.</summary>
public sealed partial class SwitchyardEngine
{
    /// <summary>Whether a name means a provider, and no alias: also one that cannot be used, so that no other answers in its
    /// place.</summary>
    internal bool IsProvider(string name) => Current.Routes.IsProvider(name);

    /// <summary>How many attempts run on a provider, streams that are being read included.</summary>
    internal int InFlightOf(string provider) => Current.Providers.InFlightOf(provider);

    /// <summary>How many attempts may run on a provider, where that is learnt (<c>adaptive_concurrency</c>); else null.</summary>
    internal int? LearntPlacesOf(string provider) => Current.Providers.LearntPlacesOf(provider);

    /// <summary>
    /// <see cref="DefaultModel"/> as far as it is known by now: before the start that is the first alias of the options. Null when there is
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
            // The start will say what is wrong.
            return null;
        }
    }
}
