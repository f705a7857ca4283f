using System.Globalization;

namespace Switchyard.Server.Importing;

/// <summary>A target of an alias.</summary>
/// <param name="Model"><c>provider/model</c>.</param>
/// <param name="Weight">Its share; null if the source has none.</param>
/// <param name="Sources">The source settings it comes from.</param>
internal sealed record TargetDraft(string Model, decimal? Weight, params IReadOnlyList<SourceNode?> Sources);

/// <summary>An alias under construction.</summary>
internal sealed class AliasDraft
{
    public List<TargetDraft> Targets { get; } = [];

    public List<TargetDraft> Fallback { get; } = [];

    /// <summary>The strategy for choosing a target, and the source setting it comes from.</summary>
    public (string Name, SourceNode? Source)? Strategy { get; set; }

    /// <summary>The kinds of refusals that allow a fallback.</summary>
    public Dictionary<string, SourceNode?> FallBackOn { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds the fallbacks that the alias does not have yet.</summary>
    public void AddFallbacks(IEnumerable<TargetDraft> targets, SourceNode? source)
    {
        foreach (var target in targets)
        {
            if (Targets.Concat(Fallback).All(known => known.Model != target.Model))
                Fallback.Add(target with { Weight = null, Sources = [source] });
        }
    }
}

/// <summary>The aliases of the result, by name.</summary>
internal sealed class AliasDrafts(ImportJob job)
{
    private const int UsualFallbacks = 3;

    private readonly Dictionary<string, AliasDraft> _aliases = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyDictionary<string, AliasDraft> All => _aliases;

    public AliasDraft At(string name) => _aliases.TryGetValue(name, out var known) ? known : _aliases[name] = new();

    public AliasDraft? Find(string name) => _aliases.GetValueOrDefault(name);

    public void Remove(string name) => _aliases.Remove(name);

    /// <summary>Writes all aliases to the draft.</summary>
    public void Write()
    {
        var most = 0;
        foreach (var (name, alias) in _aliases.Where(pair => pair.Value.Targets.Count > 0))
        {
            var draft = job.Draft.At("models", name);
            var weights = alias.Targets.Select(target => target.Weight ?? 1).Distinct().Count() > 1;
            if (weights && alias.Strategy is null or { Name: not "least-busy" })
                draft.At("strategy").Set("weighted", alias.Strategy?.Source);
            else if (alias.Strategy is { } strategy && alias.Targets.Count > 1)
                draft.At("strategy").Set(strategy.Name, strategy.Source);
            foreach (var target in alias.Targets)
                Write(draft.At("targets"), target, weights);
            foreach (var target in alias.Fallback)
                Write(draft.At("fallback"), target, weighted: false);
            if (alias.Targets.Count + alias.Fallback.Count > 1)
            {
                foreach (var (refusal, source) in alias.FallBackOn)
                    draft.At("fall_back_on").Append().Set(refusal, source);
            }

            most = Math.Max(most, alias.Targets.Count + alias.Fallback.Count - 1);
        }

        // Other products try all fallbacks; here the number is limited.
        if (most > UsualFallbacks && job.Draft.Find("routing")?.Find("max_fallbacks") is null)
            job.Draft.At("routing", "max_fallbacks").Set(Math.Min(most, 20).ToString(CultureInfo.InvariantCulture));
    }

    private static void Write(DraftNode list, TargetDraft target, bool weighted)
    {
        var item = list.Append();
        if (!weighted || target.Weight is null or 1)
        {
            item.Set(target.Model, target.Sources);
            return;
        }

        item.From(target.Sources).At("model").Set(target.Model);
        item.At("weight").Set(target.Weight.Value.ToString("0.######", CultureInfo.InvariantCulture));
    }
}
