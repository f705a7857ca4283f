namespace Switchyard.Server.Importing.Portkey;

/// <summary>The tree of strategies becomes aliases: load-balanced members become targets, substitutes become fallbacks.</summary>
internal sealed class PortkeyTargets(ImportJob job)
{
    private const int DeepestTree = 16;

    private readonly PortkeyProviders _providers = new(job);

    /// <summary>The cache of a config or a target.</summary>
    public static void Cache(ImportJob job, SourceNode cache, DraftNode section)
    {
        if (ImportJob.Text(cache["mode"]) is { } mode)
        {
            section.At("enabled").Set("true", cache["mode"]);
            if (mode == "simple")
                job.Claim(cache["mode"]);
            else if (mode == "semantic")
                job.Near(cache["mode"], "answers are found by equal requests, not by similar ones");
            else
                ImportJob.Refuse(cache["mode"], "there is no cache of this mode");
        }

        if (cache["max_age"] is { } age && job.Value(age, Form.Seconds) is { } ttl)
        {
            job.Claim(age);
            section.At("ttl").Set(ttl, age);
        }
    }

    /// <summary>Adds the alias for a tree.</summary>
    public void Add(string name, PortkeyScope scope)
    {
        if (IsWithoutTarget(scope))
            job.Put(scope.Node["request_timeout"], Form.Milliseconds, "timeouts", "attempt");
        else if (!KeysAlone(scope))
            AddAlias(name, scope);
    }

    private void AddAlias(string name, PortkeyScope scope)
    {
        var (targets, fallback) = Read(name, scope, 0);
        if (targets.Count == 0)
            return;
        var alias = job.Aliases.At(name);
        foreach (var target in targets)
        {
            if (alias.Targets.TrueForAll(known => known.Model != target.Model))
                alias.Targets.Add(target);
        }

        alias.AddFallbacks(fallback, null);
        alias.Strategy = targets.Count > 1 ? ("weighted", scope.Node["strategy"]?["mode"]) : null;
    }

    /// <summary>Whether a config only has settings for the targets that the requests name, such as retries and a cache.</summary>
    private bool IsWithoutTarget(PortkeyScope scope) =>
        scope.Node == job.Root && scope.Node.Any("provider", "virtual_key", "targets", "api_key", "custom_host") is null
        && PortkeyProviders.ModelOf(scope) is null;

    private (List<TargetDraft> Targets, List<TargetDraft> Fallback) Read(string name, PortkeyScope scope, int depth)
    {
        var mode = scope.Node["strategy"]?["mode"];
        var children = ImportJob.Items(scope.Node["targets"]).Where(IsMap).Select(child => new PortkeyScope(child, scope)).ToList();
        if (children.Count == 0 || depth > DeepestTree)
            return (_providers.Target(scope) is { } target ? [target] : [], []);
        switch (ImportJob.Text(mode) ?? "single")
        {
            case "loadbalance":
                job.Claim(mode);
                return Shared(children.Select(child => (child, Read(name, child, depth + 1))), mode!);
            case "fallback":
                job.Claim(mode);
                return InOrder([.. children.Select(child => Read(name, child, depth + 1))]);
            case "conditional":
                return Conditional(name, scope, children, depth);
            case "single":
                job.Claim(mode);
                foreach (var other in children.Skip(1))
                    ImportJob.Refuse(other.Node, "with the mode single the first target gets every call");
                return Read(name, children[0], depth + 1);
            default:
                ImportJob.Refuse(mode, "there is no strategy of this mode; the targets are tried in order");
                return InOrder([.. children.Select(child => Read(name, child, depth + 1))]);
        }
    }

    private static bool IsMap(SourceNode node)
    {
        if (node.Kind != SourceKind.Map)
            ImportJob.Refuse(node, "a target is a map");
        return node.Kind == SourceKind.Map;
    }

    private (List<TargetDraft> Targets, List<TargetDraft> Fallback) Shared(
        IEnumerable<(PortkeyScope Child, (List<TargetDraft> Targets, List<TargetDraft> Fallback) Read)> children, SourceNode mode)
    {
        List<TargetDraft> targets = [], fallback = [];
        foreach (var (child, (inner, spare)) in children)
        {
            var node = child.Node["weight"];
            var weight = ImportJob.Number(node);
            if (weight is < 0 or > 1_000_000_000)
            {
                ImportJob.Refuse(node, "a weight must not be negative");
                weight = null;
            }

            job.Claim(weight is null ? null : node);
            var sum = inner.Sum(target => target.Weight ?? 1);
            targets.AddRange(inner.Select(target => target with
            {
                Weight = inner.Count == 1 || sum == 0 ? weight ?? 1 : Math.Round((weight ?? 1) * (target.Weight ?? 1) / sum, 6),
            }));
            fallback.AddRange(spare);
            if (spare.Count > 0)
                job.Near(mode, "a fallback of one target is a fallback of all of them");
        }

        return (targets, fallback);
    }

    private static (List<TargetDraft> Targets, List<TargetDraft> Fallback) InOrder(
        List<(List<TargetDraft> Targets, List<TargetDraft> Fallback)> read)
    {
        var filled = read.Where(each => each.Targets.Count > 0).ToList();
        return filled.Count == 0 ? ([], [])
            : (filled[0].Targets, [.. filled[0].Fallback, .. filled.Skip(1).SelectMany(each => each.Targets.Concat(each.Fallback))]);
    }

    /// <summary>Each target of a condition becomes a separate alias; the alias itself gets the default target.</summary>
    private (List<TargetDraft> Targets, List<TargetDraft> Fallback) Conditional(
        string name, PortkeyScope scope, List<PortkeyScope> children, int depth)
    {
        var strategy = scope.Node["strategy"]!;
        job.Near(strategy["mode"], "calls are not routed by their content; the client names the alias");
        var named = ImportJob.Items(strategy["conditions"]).Select(condition => condition["then"]).Append(strategy["default"]);
        foreach (var reference in named.OfType<SourceNode>())
        {
            if (ImportJob.Text(reference) is not { } wanted)
                continue;
            if (children.Exists(child => child.Node["name"]?.Text == wanted))
                job.Claim(reference);
            else
                ImportJob.Refuse(reference, "there is no target of this name");
        }

        var usual = children.Find(child => child.Node["name"]?.Text == strategy["default"]?.Text) ?? children[0];
        foreach (var child in children)
        {
            job.Claim(child.Node["name"]);
            if (child != usual)
                Add($"{name}-{ProviderDrafts.Legal(child.Node["name"]?.Text ?? "target")}", child);
        }

        return Read(name, usual, depth + 1);
    }

    /// <summary>Several keys of one vendor without a model become one default provider with all of the keys.</summary>
    private bool KeysAlone(PortkeyScope scope)
    {
        var targets = scope.Node["targets"] is { Kind: SourceKind.List } list ? list.Children.Select(node => new PortkeyScope(node,
            scope)).ToList()
            : [scope];
        var isShared = targets.Count == 1 || scope.Node["strategy"]?["mode"]?.Text == "loadbalance";
        if (targets.Count == 0 || !isShared)
            return false;
        if (targets.Exists(target => target.Node["targets"] is not null || target.Node.Kind != SourceKind.Map
            || PortkeyProviders.ModelOf(target) is not null))
            return false;
        var drafts = targets.Select(_providers.Provider).OfType<ProviderDraft>().ToList();
        if (drafts.Count < targets.Count || drafts.Select(draft => draft.IdentityWithoutKeys).Distinct().Count() > 1
            || (drafts.Count > 1 && drafts.Exists(draft => draft.Keys.Count == 0)))
            return false;
        var provider = drafts[0];
        foreach (var (target, draft) in targets.Zip(drafts).Skip(1))
            provider.Keys.AddRange(draft.Keys);
        for (var index = 0; index < targets.Count && targets.Count > 1; index++)
        {
            var node = targets[index].Node["weight"];
            if (ImportJob.Number(node) is not (> 0 and <= 1_000_000_000) || node is null)
                continue;
            job.Claim(node);
            provider.Keys[index] = provider.Keys[index] with
            {
                Weight = ImportJob.Number(node), Sources = [.. provider.Keys[index].Sources, node],
            };
        }

        job.Claim(scope.Node["strategy"]?["mode"]);
        job.Draft.At("default_provider").Set(job.Providers.Add(provider), targets[0].Node.Any("provider", "virtual_key"));
        return true;
    }
}
