using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Routing;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Routing;

/// <summary>From a model name to a route, over providers made by hand.</summary>
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
        var found = Table().Resolve(asked, CallOperation.Chat);

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
        var found = Table().Resolve(asked, CallOperation.Chat);

        Assert.Null(found.Route);
        Assert.Equal((CallErrorKind.ModelNotFound, "model"), (found.Error!.Kind, found.Error.Param));
    }

    [Fact]
    public void Near_names_are_named() =>
        Assert.Contains("'gpt-4o'", Table().Resolve("gpt-4p", CallOperation.Chat).Error!.Message, StringComparison.Ordinal);

    [Fact]
    public void An_alias_wins_over_a_model_and_is_found_without_regard_to_case()
    {
        var table = Table(("gpt-4o", Alias("priority", "router/own")));
        Assert.Equal(["router/own"], Targets(table.Resolve("GPT-4o", CallOperation.Chat).Route!));
        Assert.Equal("gpt-4o", table.DefaultModel);
    }

    [Fact]
    public void In_the_order_written_each_target_is_a_group_and_fallbacks_follow()
    {
        var options = Alias("priority", "openai/a", "router/b");
        options.Fallback.Add(new TargetOptions { Model = "openai/c" });
        var route = Table(("fast", options)).Resolve("fast", CallOperation.Chat).Route!;

        Assert.Equal(3, route.Groups.Count);
        Assert.Equal(["openai/a", "router/b", "openai/c"], Targets(route));
        Assert.Null(route.Only);
    }

    [Fact]
    public void By_weight_all_targets_are_one_group()
    {
        var options = Alias("weighted", "openai/a", "router/b");
        options.Targets[0].Weight = 3;
        var route = Table(("fast", options)).Resolve("fast", CallOperation.Chat).Route!;

        Assert.Equal([3.0, 1.0], Assert.Single(route.Groups).Deployments.Select(deployment => deployment.Weight));
    }

    [Fact]
    public void A_provider_with_two_credentials_is_a_group_of_two_in_which_they_share_its_calls()
    {
        _providers.Credentials["openai"] = 2;
        var route = Table().Resolve("openai/gpt-4o", CallOperation.Chat).Route!;

        Assert.Equal(["openai/gpt-4o", "openai/gpt-4o (credential 2)"], Targets(route));
        Assert.Single(route.Groups);
        Assert.Null(route.Only);
    }

    [Fact]
    public void What_was_found_is_found_again_without_asking_until_the_providers_change()
    {
        var table = Table(("fast", Alias("priority", "openai/a")));
        var (direct, alias) = (table.Resolve("openai/x", CallOperation.Chat).Route, table.Resolve("fast", CallOperation.Chat).Route);
        var asked = _providers.Deployed;
        Assert.Same(direct, table.Resolve("openai/x", CallOperation.Chat).Route);
        Assert.Same(alias, table.Resolve("fast", CallOperation.Chat).Route);
        Assert.Equal(asked, _providers.Deployed);

        _providers.Version++;
        Assert.NotSame(direct, table.Resolve("openai/x", CallOperation.Chat).Route);
        Assert.NotSame(alias, table.Resolve("fast", CallOperation.Chat).Route);
    }

    [Fact]
    public void Only_so_many_names_of_clients_are_remembered()
    {
        var table = Table();
        for (var i = 0; i < 3000; i++)
            table.Resolve($"openai/{i}", CallOperation.Chat);
        var (kept, forgotten) =
            (table.Resolve("openai/5", CallOperation.Chat).Route, table.Resolve("openai/2900", CallOperation.Chat).Route);

        Assert.Same(kept, table.Resolve("openai/5", CallOperation.Chat).Route);
        Assert.NotSame(forgotten, table.Resolve("openai/2900", CallOperation.Chat).Route);
    }

    [Fact]
    public void The_default_provider_gets_what_nobody_is_known_to_serve() =>
        Assert.Equal(["router/unheard-of"], Targets(new RouteTable(new Dictionary<string, ModelRouteOptions>(), _providers, "router")
            .Resolve("unheard-of", CallOperation.Chat).Route!));

    private RouteTable Table(params (string Name, ModelRouteOptions Options)[] aliases) =>
        new(aliases.ToDictionary(alias => alias.Name, alias => alias.Options), _providers, null);

    private static ModelRouteOptions Alias(string strategy, params string[] targets) =>
        new() { Strategy = strategy, Targets = [.. targets.Select(target => new TargetOptions { Model = target })] };

    private static IEnumerable<string> Targets(Route route) =>
        route.Groups.SelectMany(group => group.Deployments).Select(deployment => deployment.ToString());

    private sealed class Providers : IProviderDirectory
    {
        public Dictionary<string, int> Credentials { get; } = [];

        public int Deployed { get; private set; }

        public long Version { get; set; } = 1;

        public IReadOnlyList<string> Names => ["openai", "router"];

        public string? Find(ReadOnlySpan<char> nameOrAlias) =>
            nameOrAlias.Equals("openai", StringComparison.OrdinalIgnoreCase) ? "openai"
            : nameOrAlias.Equals("router", StringComparison.OrdinalIgnoreCase) ? "router"
            : null;

        public string? FindServing(string model, CallOperation operation) => model switch
        {
            "gpt-4o" => "openai",
            "meta-llama/llama-3" => "router",
            _ => null,
        };

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
