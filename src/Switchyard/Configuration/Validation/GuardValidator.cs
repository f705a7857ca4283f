using System.Text.RegularExpressions;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Each guard is complete for its type, and can match something.</summary>
internal sealed class GuardValidator : IConfigurationValidator
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known) =>
        options.Guards.SelectMany(pair => Validate(pair.Key, pair.Value ?? new GuardOptions(), options));

    private static IEnumerable<ValidationFinding> Validate(string name, GuardOptions guard, SwitchyardOptions options)
    {
        if (guard.Type.Length == 0)
        {
            yield return new(Combine("guards", name), "needs a 'type': mask, block, check or plugin");
            yield break;
        }

        if (guard.Status is not (400 or 403))
            yield return new(Combine("guards", name, "status"), "must be 400 or 403");
        if (guard.Window is < 0 or > 4096)
            yield return new(Combine("guards", name, "window"), "must be from 0 to 4096");
        if (guard.Timeout < s_shortest || guard.Timeout > s_longest)
            yield return new(Combine("guards", name, "timeout"), "must be from 1ms to 5m");
        foreach (var finding in Looks(name, guard).Concat(Selects(name, guard, options)))
            yield return finding;
        foreach (var (what, pattern) in guard.Patterns)
        {
            if (ProblemOf(pattern) is { } problem)
                yield return new(Combine("guards", name, "patterns", what), problem);
        }
    }

    /// <summary>A guard without anything to find would give a false sense of protection.</summary>
    private static IEnumerable<ValidationFinding> Looks(string name, GuardOptions guard)
    {
        var (words, patterns) = (guard.Words.Count > 0, guard.Patterns.Count > 0);
        switch (guard.Type)
        {
            case "block" when !words && !patterns:
                yield return new(Combine("guards", name), "can match nothing: give it 'words' or 'patterns'");
                break;
            case "check" when guard.Url is null:
                yield return new(Combine("guards", name), "needs the 'url' of the service that checks");
                break;
            case "check" when !Uri.TryCreate(guard.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"):
                yield return new(Combine("guards", name, "url"), "must be an address that begins with http:// or https://");
                break;
        }

        if (guard.Words.Exists(string.IsNullOrWhiteSpace))
            yield return new(Combine("guards", name, "words"), "holds an empty word, which would match everything");
        if (words && guard.Type != "block")
            yield return new(Combine("guards", name, "words"), "is only for type: block");
        if (patterns && guard.Type is not ("block" or "mask"))
            yield return new(Combine("guards", name, "patterns"), "is only for type: block and type: mask");
        if (guard.Find.Count > 0 && guard.Type != "mask")
            yield return new(Combine("guards", name, "find"), "is only for type: mask");
        if (guard.Restore && (guard.Type != "mask" || guard.Mode != "enforce" || (guard.On.Count > 0 && !guard.On.Contains("request"))))
            yield return new(Combine("guards", name, "restore"), "is only for type: mask that masks requests");
        if (guard.Url is not null && guard.Type != "check")
            yield return new(Combine("guards", name, "url"), "is only for type: check");
    }

    private static IEnumerable<ValidationFinding> Selects(string name, GuardOptions guard, SwitchyardOptions options)
    {
        foreach (var model in guard.Models.Where(
            model => !options.Models.ContainsKey(model) && !model.Contains('/', StringComparison.Ordinal)))
        {
            yield return OfValue(
                model, Combine("guards", name, "models"),
                $"can match nothing by '{ValuePlaceholder}': it is neither an alias nor provider/model");
        }

        // Keys and tenants may also be in a store, which is not read here.
        if (options.Storage.Ledger is not null)
            yield break;
        foreach (var key in guard.Keys.Where(key => !options.Keys.ContainsKey(key)))
            yield return NotFound("keys", key);
        foreach (var tenant in guard.Tenants.Where(
            tenant => !options.Tenants.ContainsKey(tenant) && !options.Keys.Values.Any(key => key?.Tenant == tenant)))
            yield return NotFound("tenants", tenant);

        ValidationFinding NotFound(string kind, string who) => OfValue(
            who, Combine("guards", name, kind), $"can match nothing by '{ValuePlaceholder}': {kind} has no such entry");
    }

    private static string? ProblemOf(string pattern)
    {
        try
        {
            var expression = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return expression.IsMatch("") ? "matches the empty text, and so everything" : null;
        }
        catch (NotSupportedException)
        {
            return "cannot be matched in linear time: remove lookarounds, back references and atomic groups";
        }
        catch (ArgumentException e)
        {
            return $"is not a regular expression: {e.Message}";
        }
    }
}
