namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>Model groups become aliases, with strategy, fallbacks, further names, and retries by kind of failure.</summary>
/// <param name="job">The import.</param>
/// <param name="groups">The deployments by the name that clients send.</param>
/// <param name="wildcard">The target of a name that only a wildcard provides; null if none does.</param>
internal sealed class LiteLlmRouting(ImportJob job, ILookup<string, LiteLlmDeployment> groups, Func<string, string?> wildcard)
{
    private static readonly Dictionary<string, string> s_strategies = new(StringComparer.Ordinal)
    {
        ["simple-shuffle"] = "weighted",
        ["least-busy"] = "least-busy",
        ["usage-based-routing"] = "least-busy",
        ["usage-based-routing-v2"] = "least-busy",
        ["latency-based-routing"] = "performance",
        ["cost-based-routing"] = "cost",
    };

    private static readonly Dictionary<string, string> s_retries = new(StringComparer.Ordinal)
    {
        ["TimeoutErrorRetries"] = "timeout",
        ["RateLimitErrorRetries"] = "rate_limit",
        ["InternalServerErrorRetries"] = "server",
    };

    private readonly SourceNode? _router = job.Root["router_settings"];

    public void Map()
    {
        var strategy = Strategy();
        foreach (var group in groups)
            Add(group.Key, [.. group], strategy);
        foreach (var section in (SourceNode?[])[_router, job.Root["litellm_settings"]])
        {
            foreach (var (list, refusal) in new[]
            {
                ("fallbacks", null), ("context_window_fallbacks", "context_length"), ("content_policy_fallbacks", "content_policy"),
            })
                Fallbacks(section?[list], refusal);
        }

        Defaults();
        Names();
        Retries();
    }

    private (string Name, SourceNode? Source) Strategy()
    {
        var source = _router?["routing_strategy"];
        if (ImportJob.Text(source) is not { } written)
            return ("weighted", null);
        if (!s_strategies.TryGetValue(written, out var ours))
        {
            ImportJob.Refuse(source, "there is no strategy like it; docs/routing.md has those there are");
            return ("weighted", null);
        }

        if (written is "simple-shuffle" or "least-busy")
            source!.Claim(Outcome.Exact, "models.<alias>.strategy", null);
        else
            job.Claim(source);
        return (ours, source);
    }

    private void Add(string name, LiteLlmDeployment[] deployments, (string Name, SourceNode? Source) strategy)
    {
        var alias = job.Aliases.At(name);
        alias.Strategy = strategy;
        var first = deployments.Min(deployment => deployment.Order);
        var weights = strategy.Name == "weighted" ? Weights(deployments) : new Dictionary<LiteLlmDeployment, decimal?>();
        foreach (var deployment in deployments.OrderBy(deployment => deployment.Order).ThenBy(deployment => deployment.Entry.Line))
        {
            var target = deployment.Target with { Weight = weights.GetValueOrDefault(deployment) };
            var order = deployment.Entry["litellm_params"]?["order"];
            if (deployment.Order == first && ImportJob.Number(order) is not null)
                order!.Claim(Outcome.Exact, "models.<alias>.targets", null);
            else if (ImportJob.Number(order) is not null)
                job.Claim(order);
            if (deployment.Order != first)
                alias.AddFallbacks([target], deployment.Entry["litellm_params"]?["order"]);
            else if (alias.Targets.TrueForAll(known => known.Model != target.Model))
                alias.Targets.Add(target);
            else
                job.Near(deployment.Entry["litellm_params"]?["model"], "the same target is listed only once in an alias");
        }

        foreach (var written in deployments.Select(each => each.Entry["model_name"]))
        {
            if (ImportJob.Text(written) is { } other && other != name && other.Equals(name, StringComparison.OrdinalIgnoreCase))
                job.Near(written, $"names are compared without regard to case: its targets are those of '{name}'");
        }

        foreach (var node in deployments.Select(each => each.Entry["litellm_params"]?["weight"]))
        {
            // LiteLLM's least-busy ignores it as well; here it would be the capacity of the target.
            if (strategy.Name != "weighted" && node is not null)
                ImportJob.Refuse(node, "a weight has no effect with this strategy");
        }
    }

    /// <summary>The share of each: its <c>weight</c>, else its <c>rpm</c> or <c>tpm</c>, as LiteLLM's own shuffle does.</summary>
    private Dictionary<LiteLlmDeployment, decimal?> Weights(LiteLlmDeployment[] deployments)
    {
        foreach (var name in (string[])["weight", "rpm", "tpm"])
        {
            var shares = deployments.ToDictionary(each => each, each => Share(each.Entry, name));
            if (shares.Values.Any(share => share is not null))
                return shares.ToDictionary(pair => pair.Key, pair => (decimal?)(pair.Value ?? (name == "weight" ? 0 : 1)));
        }

        return [];

        decimal? Share(SourceNode entry, string name)
        {
            var node = entry["litellm_params"]?[name] ?? (name == "weight" ? null : entry[name]);
            // A limit may be in a variable, whose value is not known here.
            if (node is null || node.Finding?.Outcome == Outcome.Refused || job.Variables.NameIn(node) is not null)
                return null;
            return ImportJob.Number(node) is > 0 and <= 1_000_000_000 and { } share
                ? share : null;
        }
    }

    private void Fallbacks(SourceNode? list, string? refusal)
    {
        foreach (var entry in ImportJob.Items(list).SelectMany(ImportJob.Entries))
        {
            foreach (var next in ImportJob.Items(entry))
            {
                if (ImportJob.Text(next) is not { } name)
                    continue;
                var targets = Targets(name);
                IEnumerable<AliasDraft> aliases = entry.Name == "*" ? job.Aliases.All.Values
                    : targets is not null && Alias(entry.Name) is { } one ? [one] : [];
                if (targets is null || !aliases.Any())
                {
                    ImportJob.Refuse(next, "one of the two is not an imported model of model_list");
                    continue;
                }

                job.Claim(next);
                if (targets.Count > 1)
                    job.Near(next, "the targets of a group that is a fallback are tried in the order written");
                foreach (var alias in aliases)
                {
                    alias.AddFallbacks(targets, next);
                    if (refusal is not null)
                        alias.FallBackOn.TryAdd(refusal, next);
                }
            }
        }
    }

    private void Defaults()
    {
        foreach (var section in (SourceNode?[])[_router, job.Root["litellm_settings"]])
        {
            foreach (var next in ImportJob.Items(section?["default_fallbacks"]))
            {
                if (ImportJob.Text(next) is not { } name)
                    continue;
                if (Targets(name) is not { } targets)
                {
                    ImportJob.Refuse(next, "it is not an imported model of model_list");
                    continue;
                }

                job.Claim(next);
                foreach (var alias in job.Aliases.All.Values.Where(
                    alias => alias.Fallback.TrueForAll(known => known.Sources.All(source => source?.Parent?.Name == "default_fallbacks"))))
                    alias.AddFallbacks(targets, next);
            }
        }
    }

    private List<TargetDraft>? Targets(string name) => job.Aliases.Find(name) is { Targets: { Count: > 0 } targets } ? targets
        : wildcard(name) is { } target ? [new(target, null)] : null;

    /// <summary>The alias of a name, created for a name that a wildcard provides; null if it is not imported.</summary>
    private AliasDraft? Alias(string name)
    {
        if (job.Aliases.Find(name) is { } known)
            return known;
        if (wildcard(name) is not { } target)
            return null;
        var alias = job.Aliases.At(name);
        alias.Targets.Add(new(target, null));
        return alias;
    }

    private void Names()
    {
        foreach (var entry in ImportJob.Entries(_router?["model_group_alias"]))
        {
            var named = entry.Kind == SourceKind.Map ? entry["model"] : entry;
            if (ImportJob.Text(named) is not { } name)
                continue;
            if (Targets(name) is not { } targets || job.Aliases.Find(entry.Name) is not null)
            {
                ImportJob.Refuse(named, "it does not point to an imported model of model_list, or is the name of one");
                continue;
            }

            job.Claim(named);
            var alias = job.Aliases.At(entry.Name);
            alias.Targets.AddRange(targets.Select(target => target with { Sources = [named] }));
            if (job.Aliases.Find(name) is not { } group)
                continue;
            alias.Strategy = group.Strategy;
            alias.Fallback.AddRange(group.Fallback);
            foreach (var (refusal, source) in group.FallBackOn)
                alias.FallBackOn.TryAdd(refusal, source);
        }
    }

    private void Retries()
    {
        foreach (var group in ImportJob.Entries(_router?["model_group_retry_policy"]))
            Retries(group, job.Aliases.Find(group.Name) is null ? [] : [group.Name]);
        Retries(_router?["retry_policy"], [.. job.Aliases.All.Keys]);
    }

    private void Retries(SourceNode? policy, string[] aliases)
    {
        foreach (var entry in ImportJob.Entries(policy))
        {
            if (!s_retries.TryGetValue(entry.Name, out var ours))
                ImportJob.Refuse(entry, "what a provider refuses for such a reason is not tried again");
            else if (aliases.Length == 0)
                ImportJob.Refuse(entry, "there is no such model in model_list");
            else if (job.Value(entry, Form.Count) is { } times)
            {
                job.Claim(entry);
                foreach (var alias in aliases.Where(name => job.Aliases.Find(name)!.Targets.Count > 0))
                    job.Draft.At("models", alias, "retries", ours).Set(times, entry);
            }
        }
    }
}
