using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Routing;
using Switchyard.Targets;
using Switchyard.TestKit;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Routing;

/// <summary>From a model name to a route, with hand-made providers.</summary>
public sealed class RouteTableTests
{
    private readonly Providers _providers = new();

    [Theory]
    [InlineData("openai/gpt-4o", "openai/gpt-4o")]
    [InlineData("OpenAI/gpt-4o", "openai/gpt-4o")]
    [InlineData("router/meta-llama/llama-3", "router/meta-llama/llama-3")]
    [InlineData("meta-llama/llama-3", "router/meta-llama/llama-3")]
    [InlineData("gpt-4o", "openai/gpt-4o")]
    [InlineData("router", "router/auto")]
    public void A_name_leads_to_a_provider_and_its_model(string asked, string target)
    {
        var found = Table().Find(asked);

        Assert.Null(found.Error);
        Assert.Equal(target, Assert.Single(Targets(found.Route!)));
        Assert.Equal(asked, found.Route!.Alias);
    }

    [Theory]
    [InlineData("nobody/knows")]
    [InlineData("gpt-4")]
    [InlineData("openai/")]
    [InlineData("/gpt-4o")]
    [InlineData("")]
    public void A_name_that_leads_nowhere_is_an_error_about_the_model(string asked)
    {
        var found = Table().Find(asked);

        Assert.Null(found.Route);
        Assert.Equal((CallErrorKind.ModelNotFound, "model"), (found.Error!.Kind, found.Error.Param));
    }

    [Fact]
    public void Near_names_are_named() =>
        Assert.Contains("'gpt-4o'", Table().Find("gpt-4p").Error!.Message, StringComparison.Ordinal);

    [Fact]
    public void An_alias_wins_over_a_model_and_is_found_without_regard_to_case()
    {
        var table = Table(("gpt-4o", Alias("priority", "router/own")));
        Assert.Equal(["router/own"], Targets(table.Find("GPT-4o").Route!));
        Assert.Equal("gpt-4o", table.DefaultModel);
    }

    [Fact]
    public void In_the_order_written_each_target_is_a_group_and_fallbacks_follow()
    {
        var options = Alias("priority", "openai/a", "router/b");
        options.Fallback.Add(new TargetOptions { Model = "openai/c" });
        var route = Table(("fast", options)).Find("fast").Route!;

        Assert.Equal(3, route.Groups.Count);
        Assert.Equal(["openai/a", "router/b", "openai/c"], Targets(route));
        Assert.Null(route.Only);
    }

    [Fact]
    public void By_weight_all_targets_are_one_group()
    {
        var options = Alias("weighted", "openai/a", "router/b");
        options.Targets[0].Weight = 3;
        var route = Table(("fast", options)).Find("fast").Route!;

        Assert.Equal([3.0, 1.0], Assert.Single(route.Groups).Deployments.Select(deployment => deployment.Weight));
    }

    [Fact]
    public void A_provider_with_two_credentials_is_a_group_of_two_in_which_they_share_its_calls()
    {
        _providers.Credentials["openai"] = 2;
        var route = Table().Find("openai/gpt-4o").Route!;

        Assert.Equal(["openai/gpt-4o", "openai/gpt-4o (credential 2)"], Targets(route));
        Assert.Single(route.Groups);
        Assert.Null(route.Only);
    }

    [Theory]
    [InlineData("openai/gpt-4o")]
    [InlineData("gpt-4o")]
    [InlineData("own")]
    public void How_many_targets_are_tried_holds_for_the_keys_of_a_provider_however_it_is_named(string asked)
    {
        _providers.Credentials["openai"] = 6;

        Assert.Equal(0, MostOf(new RoutingOptions { Fallback = false }));
        Assert.Equal(1, MostOf(new RoutingOptions { MaxFallbacks = 1 }));
        Assert.Equal(5, MostOf(new RoutingOptions { MaxFallbacks = 5 }));

        int MostOf(RoutingOptions routing)
        {
            var aliases = new Dictionary<string, ModelRouteOptions> { ["own"] = Alias("priority", "openai/gpt-4o") };
            var rules = new RouteTable(aliases, _providers, null, routing).Find(asked).Route!.Rules;
            Assert.False(rules.OnModelNotFound);
            return rules.MaxFallbacks;
        }
    }

    [Fact]
    public void What_was_found_is_found_again_without_asking_until_the_providers_change()
    {
        var table = Table(("fast", Alias("priority", "openai/a")));
        var (direct, alias) = (table.Find("openai/x").Route, table.Find("fast").Route);
        var asked = _providers.Deployed;
        Assert.Same(direct, table.Find("openai/x").Route);
        Assert.Same(alias, table.Find("fast").Route);
        Assert.Equal(asked, _providers.Deployed);

        _providers.Version++;
        Assert.NotSame(direct, table.Find("openai/x").Route);
        Assert.NotSame(alias, table.Find("fast").Route);
    }

    [Fact]
    public void Only_so_many_names_of_clients_are_remembered()
    {
        var table = Table();
        for (var i = 0; i < 3000; i++)
            table.Find($"openai/{i}");
        var (kept, forgotten) =
            (table.Find("openai/5").Route, table.Find("openai/2900").Route);

        Assert.Same(kept, table.Find("openai/5").Route);
        Assert.NotSame(forgotten, table.Find("openai/2900").Route);
    }

    [Fact]
    public void The_default_provider_gets_what_no_provider_is_known_to_serve() =>
        Assert.Equal(["router/unheard-of"], Targets(new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "router")
            .Find("unheard-of").Route!));

    [Covers("Y2")]
    [Theory]
    [InlineData("known/gpt-4o")]
    [InlineData("Known/anything/else")]
    [InlineData("known")]
    public void Who_names_a_provider_gets_it_or_the_reason_and_never_the_default_provider(string asked)
    {
        var error = new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "router").Find(asked).Error!;

        Assert.Equal((CallErrorKind.ProviderUnavailable, "The provider known has no key."), (error.Kind, error.Message));
        Assert.Equal(0, _providers.AskedForLists);
    }

    [Covers("Y2")]
    [Fact]
    public void The_configuration_may_give_a_name_that_begins_with_an_unusable_provider_to_another()
    {
        _providers.Configured["known/large"] = "router";

        Assert.Equal(["router/known/large"], Targets(Table().Find("known/large").Route!));
    }

    [Covers("Y2")]
    [Fact]
    public void A_provider_alone_without_a_model_of_its_own_is_an_error_that_says_what_to_ask_for()
    {
        var error = new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "router").Find("openai").Error!;

        Assert.Equal(CallErrorKind.ModelNotFound, error.Kind);
        Assert.Contains("'openai/model'", error.Message, StringComparison.Ordinal);
    }

    [Covers("Y3")]
    [Fact]
    public void A_default_provider_that_cannot_be_used_is_the_reason_and_so_is_one_that_would_serve_a_bare_name()
    {
        var table = new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "known");

        Assert.Equal(CallErrorKind.ProviderUnavailable, table.Find("unheard-of").Error!.Kind);
        Assert.Equal(CallErrorKind.ProviderUnavailable, Table().Find("known-model").Error!.Kind);
    }

    [Covers("Y4")]
    [Fact]
    public void A_bare_name_no_provider_is_known_to_serve_goes_to_who_lists_it_and_is_asked_for_once()
    {
        _providers.Listed["house-blend"] = "router";
        var table = Table();

        Assert.Equal(["router/house-blend"], Targets(table.Find("house-blend").Route!));
        Assert.Same(table.Find("house-blend").Route, table.Find("house-blend").Route);
        Assert.Equal(1, _providers.AskedForLists);
    }

    [Covers("Y4")]
    [Fact]
    public void While_a_provider_is_silent_nothing_is_remembered_and_a_404_says_who_was()
    {
        _providers.Silent = ["openai"];
        _providers.Listed["house-blend"] = "router";
        var table = Table();
        table.Find("house-blend");
        _providers.Listed["house-blend"] = "openai";

        Assert.Equal(["openai/house-blend"], Targets(table.Find("house-blend").Route!));
        Assert.Contains("did not list their models: openai", table.Find("unheard-of").Error!.Message, StringComparison.Ordinal);
    }

    [Covers("S004-34")]
    [Fact]
    public void The_lists_are_searched_before_the_default_provider_gets_a_bare_name()
    {
        _providers.Listed["house-blend"] = "openai";
        var table = new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "router");

        Assert.Equal(["openai/house-blend"], Targets(table.Find("house-blend").Route!));
        Assert.Equal(["router/unheard-of"], Targets(table.Find("unheard-of").Route!));
        Assert.Same(table.Find("unheard-of").Route, table.Find("unheard-of").Route);
    }

    [Covers("S004-41", "S004-42")]
    [Fact]
    public void With_failover_the_other_providers_of_the_chain_follow_with_a_model_of_the_same_id()
    {
        var routing = new RoutingOptions { Failover = true };
        var table = new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, null, routing);

        var chain = table.Find("openai/gpt-4o").Route!;
        Assert.Equal(["openai/gpt-4o", "router/gpt-4o"], Targets(chain));
        Assert.True(chain.Rules.OnModelNotFound);
        Assert.Equal(["router/gpt-4o"], Targets(table.Find("router/gpt-4o").Route!));
        Assert.Equal(["openai/gpt-4o"], Targets(Table().Find("openai/gpt-4o").Route!));
    }

    [Covers("S001-67", "S003-32")]
    [Theory]
    [InlineData("a b!", CallErrorKind.InvalidRequest, "Requested provider is invalid")]
    [InlineData("known", CallErrorKind.ProviderUnavailable, "The provider known has no key.")]
    [InlineData("nobody", CallErrorKind.ModelNotFound, "Provider not found: nobody")]
    public void A_provider_named_in_a_field_of_its_own_is_there_or_refused(string provider, CallErrorKind kind, string message)
    {
        var table = new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "router");

        var error = table.ExplainProvider(provider, $"{provider}/gpt-4o")!;

        Assert.Equal((kind, message), (error.Kind, error.Message));
        Assert.Null(table.ExplainProvider("openai", "openai/gpt-4o"));
    }

    [Fact]
    public void An_alias_may_stand_in_the_place_of_a_provider_but_not_before_a_model()
    {
        var table = Table(("fast", Alias("priority", "openai/a")));

        Assert.Null(table.ExplainProvider("fast", "fast"));
        Assert.NotNull(table.ExplainProvider("fast", "fast/a"));
    }

    [Fact]
    public void A_model_whose_name_spells_a_choice_of_targets_is_not_taken_for_it()
    {
        var table = Table();
        Assert.NotNull(table.Find("openai/a\nrouter/b").Route);
        Assert.NotNull(table.Find("Chat\n1\nrouter/b\nopenai/a").Error);

        var among = table.ResolveAmong("openai/a", ["router/b"], CallOperation.Chat);

        Assert.Equal(["router/b"], Targets(among.Route!));
        Assert.Same(among.Route, table.ResolveAmong("openai/a", ["router/b"], CallOperation.Chat).Route);
        Assert.NotNull(table.Find("Chat\n1\nrouter/b\nopenai/a").Error);
    }

    private RouteTable Table(params (string Name, ModelRouteOptions Options)[] aliases) =>
        new(aliases.ToDictionary(alias => alias.Name, alias => alias.Options), _providers, null);

    private static ModelRouteOptions Alias(string strategy, params string[] targets) =>
        new() { Strategy = strategy, Targets = [.. targets.Select(target => new TargetOptions { Model = target })] };

    private static IEnumerable<string> Targets(Route route) =>
        route.Groups.SelectMany(group => group.Deployments).Select(deployment => deployment.ToString());

    private sealed class Providers : IProviderDirectory
    {
        public Dictionary<string, int> Credentials { get; } = [];

        public Dictionary<string, string> Configured { get; } = [];

        public Dictionary<string, string> Listed { get; } = [];

        public IReadOnlyList<string> Silent { get; set; } = [];

        public int AskedForLists { get; private set; }

        public int Deployed { get; private set; }

        public long Version { get; set; } = 1;

        public IReadOnlyList<string> Names => ["openai", "router"];

        public string? Find(ReadOnlySpan<char> nameOrAlias) =>
            nameOrAlias.Equals("openai", StringComparison.OrdinalIgnoreCase) ? "openai"
            : nameOrAlias.Equals("router", StringComparison.OrdinalIgnoreCase) ? "router"
            : null;

        public string? FindConfigured(string model, CallOperation operation) => Configured.GetValueOrDefault(model);

        public ValueTask<ListedProvider> FindListingAsync(string model, CallOperation operation, CancellationToken cancellationToken)
        {
            AskedForLists++;
            return new(new ListedProvider(Listed.GetValueOrDefault(model), Silent));
        }

        public CallError? ExplainUnusable(ReadOnlySpan<char> nameOrAlias) =>
            nameOrAlias.Equals("known", StringComparison.OrdinalIgnoreCase)
                ? new CallError(CallErrorKind.ProviderUnavailable, "The provider known has no key.")
                : null;

        public CallError? ExplainNotServing(string model) =>
            model == "known-model" ? new CallError(CallErrorKind.ProviderUnavailable, "The provider known has no key.") : null;

        public CallError NotFound(string name) => new(CallErrorKind.ModelNotFound, $"Provider not found: {name}");

        public IReadOnlyList<string> FailoverFrom(string provider, string model) => provider == "openai" ? Names : [provider];

        public string? FindServing(string model, CallOperation operation) => model switch
        {
            "gpt-4o" => "openai",
            "meta-llama/llama-3" => "router",
            _ => null,
        };

        public IReadOnlyList<string> FindAllServing(string model, CallOperation operation) =>
            FindServing(model, operation) is { } one ? [one] : [];

        public IReadOnlyList<string> Serving(CallOperation operation) => Names;

        public string? DefaultModelOf(string provider) => provider == "router" ? "auto" : null;

        public IEnumerable<string> KnownModelNames() => ["gpt-4o", "openai/gpt-4o"];

        public Deployment[] Deploy(string provider, string model, double weight)
        {
            Deployed++;
            var count = Credentials.GetValueOrDefault(provider, 1);
            var one = SomeCall.Deployment($"{provider}/{model}");
            return
            [
                .. Enumerable.Range(1, count).Select(
                    credential =>
                        new Deployment(provider, model, one.Binding, new DeploymentState())
                        {
                            Weight = weight / count,
                            Credential = credential,
                        }),
            ];
        }
    }
}

file static class Resolving
{
    /// <summary>No lookup here waits, so every lookup has completed.</summary>
    public static RouteResult Find(this RouteTable table, string model)
    {
        var found = table.ResolveAsync(model, CallOperation.Chat, default).AsTask();
        Assert.True(found.IsCompleted);
        return found.Result;
    }
}
