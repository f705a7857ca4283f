using System.Text;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Targets;

namespace Switchyard.Guards;

/// <summary>
/// The guards of one configuration, in the order in which they run. A section of the snapshot; absent without guards. Immutable.
/// </summary>
internal sealed class GuardPlan
{
    public static readonly SectionKey<GuardPlan> Section = new();

    /// <summary>The <c>type</c> of a guard that a plugin adds.</summary>
    public const string OfPlugin = "plugin";

    private readonly GuardRule[] _rules;
    private readonly string _fingerprint;
    private readonly bool _selects;

    private GuardPlan(GuardRule[] rules, string fingerprint)
    {
        (_rules, _fingerprint) = (rules, fingerprint);
        _selects = Array.Exists(rules, rule => rule.Models is not null || rule.Keys is not null || rule.Tenants is not null);
    }

    /// <summary>The plan of a configuration; null if it has no guard.</summary>
    /// <param name="options">The options.</param>
    /// <param name="plugins">The guards that plugins add, by name.</param>
    /// <param name="http">Sends requests to services.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under; null leaves names unchanged.</param>
    public static GuardPlan? From(
        IReadOnlyDictionary<string, GuardOptions> options,
        IReadOnlyList<(string Name, IGuard Guard)> plugins,
        GuardHttp http,
        Func<string, string>? nameOf = null)
    {
        if (options.Count == 0 && plugins.Count == 0)
            return null;
        var fingerprint = new StringBuilder();
        var rules = new List<(int Order, GuardRule Rule)>();
        foreach (var (name, guard) in options.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            rules.Add((OrderOf(guard.Type), RuleOf(name, GuardOf(name, guard, plugins, http), guard, nameOf)));
            Describe(fingerprint, name, guard);
        }

        // A guard without entries checks requests and answers.
        foreach (var (name, guard) in plugins.Where(plugin => !options.ContainsKey(plugin.Name)))
        {
            rules.Add((OrderOf(OfPlugin), new GuardRule(name, guard)));
            fingerprint.Append(name).Append('\n');
        }

        return rules.Count == 0 ? null : new([.. rules.OrderBy(rule => rule.Order).Select(rule => rule.Rule)], fingerprint.ToString());
    }

    /// <summary>The guards that apply to a call.</summary>
    public GuardRule[] RulesFor(ModelCall call)
    {
        if (!_selects)
            return _rules;
        var count = 0;
        foreach (var rule in _rules)
            count += rule.Applies(call) ? 1 : 0;
        return count == 0 ? [] : count == _rules.Length ? _rules : Select(call);
    }

    /// <summary>
    /// Identifies the set of guards that apply to a call; cached answers are kept separately by it. Two keys of one tenant may share
    /// answers and have different guards.
    /// </summary>
    public string FingerprintOf(ModelCall call) =>
        _selects ? $"{_fingerprint}{string.Join('\n', RulesFor(call).Select(static rule => rule.Name))}" : _fingerprint;

    // A separate method, because the closure is allocated on entry, even for a call to which no guard applies.
    private GuardRule[] Select(ModelCall call) => Array.FindAll(_rules, rule => rule.Applies(call));

    private static int OrderOf(string type) => type switch
    {
        "block" => 0,
        "mask" => 1,
        "check" => 2,
        _ => 3,
    };

    private static IGuard GuardOf(
        string name, GuardOptions guard, IReadOnlyList<(string Name, IGuard Guard)> plugins, GuardHttp http) => guard.Type switch
    {
        "block" => new Blocker([.. guard.Words.Select(word => word.Trim())], PatternsOf(guard)),
        "mask" => new Masker([.. PatternsOf(guard), .. FindersOf(guard)]),
        "check" => new ServiceCheck(name, new Uri(guard.Url!), guard.Key, guard.Timeout, http),
        _ => plugins.FirstOrDefault(plugin => plugin.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Guard
            ?? new MissingGuard(name),
    };

    private static Finder[] PatternsOf(GuardOptions guard) =>
        [.. guard.Patterns.Select(pattern => Finder.Of(GuardLog.Clean(pattern.Key), pattern.Value, guard.Window))];

    private static IEnumerable<Finder> FindersOf(GuardOptions guard) =>
        guard.Find.Count > 0 ? guard.Find.SelectMany(kind => Finder.ByName[kind])
        : guard.Patterns.Count > 0 ? []
        : Finder.ByName.Values.SelectMany(finders => finders);

    private static GuardRule RuleOf(string name, IGuard looks, GuardOptions guard, Func<string, string>? nameOf) => new(name, looks)
    {
        Enforces = guard.Mode == "enforce",
        OnRequest = guard.On.Count == 0 || guard.On.Contains("request", StringComparer.OrdinalIgnoreCase),
        OnAnswer = guard.On.Count == 0 || guard.On.Contains("answer", StringComparer.OrdinalIgnoreCase),
        Restores = guard.Restore,
        Status = guard.Status,
        FailsClosed = guard.OnFailure == "closed",
        Models = guard.Models.Count == 0 ? null : TargetNames.WithRegistered([.. guard.Models], nameOf),
        Keys = guard.Keys.Count == 0 ? null : guard.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase),
        Tenants = guard.Tenants.Count == 0 ? null : [.. guard.Tenants],
    };

    private static void Describe(StringBuilder text, string name, GuardOptions guard)
    {
        text.Append(name).Append('|').Append(guard.Type).Append('|').Append(guard.Mode).Append('|').AppendJoin(',', guard.On).Append('|')
            .AppendJoin(',', guard.Find).Append('|').AppendJoin(',', guard.Words).Append('|').Append(guard.Restore).Append('|')
            .Append(guard.Url).Append('|').AppendJoin(',', guard.Models).Append('|').AppendJoin(',', guard.Keys).Append('|')
            .AppendJoin(',', guard.Tenants).Append('|');
        foreach (var (kind, pattern) in guard.Patterns)
            text.Append(kind).Append('=').Append(pattern).Append('|');
        text.Append('\n');
    }
}
