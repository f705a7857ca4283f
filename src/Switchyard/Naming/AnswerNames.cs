using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Naming;

/// <summary>
/// Which answers name the model that the client requested. A section of the snapshot, absent if all of them name the model that served.
/// Immutable.
/// </summary>
internal sealed class AnswerNames
{
    public static readonly SectionKey<AnswerNames> Section = new();

    /// <summary>The value of the setting for the requested name.</summary>
    private const string Requested = "requested";

    private readonly bool _usually;
    private readonly Dictionary<string, bool> _aliases;

    private AnswerNames(bool usually, Dictionary<string, bool> aliases) => (_usually, _aliases) = (usually, aliases);

    /// <summary>The names of a configuration; null if every answer names the model that served.</summary>
    public static AnswerNames? From(SwitchyardOptions options)
    {
        var usually = options.Routing.AnswerModel == Requested;
        var aliases = options.Models.Where(model => model.Value.AnswerModel is not null)
            .ToDictionary(model => model.Key, model => model.Value.AnswerModel == Requested, StringComparer.Ordinal);
        return usually || aliases.ContainsValue(true) ? new(usually, aliases) : null;
    }

    /// <summary>The name in the answer to a call that has a route; null for the name of the model that served.</summary>
    public string? NameFor(ModelCall call) =>
        _aliases.GetValueOrDefault(call.Route!.Alias, _usually) && call.Envelope.Model is { Length: > 0 } name ? name : null;
}
