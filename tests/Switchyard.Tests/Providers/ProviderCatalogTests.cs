using System.Text;
using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderCatalogTests
{
    private static readonly string[] S004Names =
    [
        "openrouter", "onerouter", "huggingface", "featherless", "fireworks", "together", "google-vertex", "aimo", "xai", "cerebras",
        "chutes",
        "near", "vercel-ai-gateway", "helicone", "aihubmix", "anannas", "alpaca-network", "alibaba-cloud", "clarifai", "groq",
        "cloudflare-workers-ai", "morpheus",
    ];

    [Covers("S004-23")]
    [Fact]
    public void Every_provider_of_the_list_is_there_in_its_order()
    {
        var priorities = S004Names.Select(name => ProviderCatalog.Default.Find(name)!.Priority).ToList();
        Assert.Equal(22, priorities.Count);
        Assert.Equal(priorities.OrderDescending(), priorities);
    }

    /// <summary>Anthropic has no embedding API.</summary>
    [Covers("S001-107")]
    [Theory]
    [InlineData("openai", true)]
    [InlineData("google", true)]
    [InlineData("azureopenai", true)]
    [InlineData("bedrock", true)]
    [InlineData("mistral", true)]
    [InlineData("openrouter", true)]
    [InlineData("local_ollama", true)]
    [InlineData("anthropic", false)]
    public void Every_built_in_vendor_that_has_embeddings_serves_them(string usual, bool serves) =>
        Assert.Equal(serves, ProviderCatalog.Default.Find(usual)!.Operations.Contains(CallOperation.Embedding));

    [Covers("S001-05")]
    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("anthropic", "anthropic")]
    [InlineData("google", "gemini")]
    [InlineData("azureopenai", "azure-openai")]
    [InlineData("bedrock", "bedrock")]
    [InlineData("mistral", "mistral")]
    [InlineData("openrouter", "openrouter")]
    [InlineData("local_ollama", "ollama")]
    public void The_eight_built_in_vendors_are_found_by_their_usual_names(string usual, string name)
    {
        Assert.Equal(name, ProviderCatalog.Default.Find(usual)!.Name);
        Assert.Null(ProviderCatalog.Default.Find(usual)!.Unavailable);
    }

    [Covers("S001-06")]
    [Theory]
    [InlineData("openai", "gpt-4o-mini")]
    [InlineData("anthropic", "claude-haiku-4-5")]
    [InlineData("google", "gemini-2.5-flash")]
    [InlineData("azureopenai", "my-deployment")]
    [InlineData("bedrock", "amazon.nova-lite-v1:0")]
    [InlineData("mistral", "mistral-large-latest")]
    [InlineData("openrouter", "openai/gpt-4o-mini")]
    [InlineData("local_ollama", "llama3.1")]
    public void Each_built_in_vendor_has_a_default_model(string name, string model)
    {
        var vendor = ProviderCatalog.Default.Find(name)!;

        Assert.Equal(model, vendor.DefaultModelOf(
            new ProviderSettings { Type = name }, variable => variable == "AZURE_OPENAI_DEPLOYMENT" ? "my-deployment" : null));
        if (name == "azureopenai")
            Assert.Null(vendor.DefaultModelOf(new ProviderSettings { Type = name }, _ => null));
    }

    [Covers("S004-27", "S004-34", "S004-65")]
    [Fact]
    public void One_list_names_the_providers_whose_lists_are_searched_first() =>
        Assert.Equal(
            ["openrouter", "onerouter", "huggingface", "featherless", "fireworks", "together", "google-vertex"],
            ProviderCatalog.Default.AutoDetected);

    [Fact]
    public void The_lists_of_the_catalogue_name_its_entries()
    {
        var (catalog, chain) = (ProviderCatalog.Default, ProviderCatalog.Default.Failover);

        Assert.All([.. catalog.AutoDetected, .. chain.Providers, chain.Only!], name => Assert.Equal(name, catalog.Find(name)?.Name));
    }

    [Covers("S004-24")]
    [Fact]
    public void Only_huggingface_and_near_have_a_clock_of_their_own()
    {
        var slow = ProviderCatalog.Default.All.Where(p => p.Timeout is not null).ToList();
        Assert.Equal(["huggingface", "nearai"], slow.Select(p => p.Name).Order());
        Assert.All(slow, p => Assert.Equal(TimeSpan.FromSeconds(120), p.FirstTokenTimeout));
    }

    [Covers("S004-28")]
    [Theory]
    [InlineData("hug", "huggingface")]
    [InlineData("  HUG ", "huggingface")]
    [InlineData("near", "nearai")]
    [InlineData("google", "gemini")]
    [InlineData("openrouter", "openrouter")]
    [InlineData(" Somebody ", "somebody")]
    public void An_alias_stands_for_its_name_and_other_names_are_unchanged(string written, string expected) =>
        Assert.Equal(expected, ProviderCatalog.Default.Normalize(written));

    [Theory]
    [InlineData("gorq", "groq")]
    [InlineData("opnai", "openai")]
    [InlineData("openruter", "openrouter")]
    [InlineData("deepsek", "deepseek")]
    public void Near_names_are_found(string written, string expected) =>
        Assert.Equal(expected, ProviderCatalog.Default.NearestNames(written)[0]);

    [Fact]
    public void A_name_like_no_other_has_no_near_names() => Assert.Empty(ProviderCatalog.Default.NearestNames("quuxcorge"));

    [Covers("S000-20", "S004-07", "S004-21", "S004-35")]
    [Fact]
    public void One_entry_is_all_a_new_provider_needs()
    {
        var catalog = ProviderCatalog.Parse("""
            { "providers": [ { "name": "newprovider", "base_url": "https://api.example.com/v1", "key_env": ["NEW_KEY"], "timeout": 30, "priority": 23 } ] }
            """u8);
        var entry = catalog.Find("newprovider")!;
        Assert.Equal(30, entry.Timeout);
        Assert.Equal(23, entry.Priority);
        // Omitted members have their defaults.
        Assert.Equal(["openai-chat"], entry.Dialects);
        Assert.Equal([CallOperation.Chat], entry.Operations);
        Assert.True(entry.Quirks.StreamOptions);
        Assert.Equal("/models", entry.ModelsPath);
        Assert.True(entry.RequiresApiKey);
    }

    [Theory]
    [InlineData("""{ "providers": [ { "name": "x", "quirks": { "strem_options": false } } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "auth": { "schema": "bearer" } } ] }""")]
    [InlineData("""{ "providers": [ { "nam": "x" } ] }""")]
    [InlineData("""{ "provider": [] }""")]
    [InlineData("""{ "providers": [], "failover": { "chains": [] } }""")]
    public void A_misspelt_member_is_refused(string file) => Refuse(file);

    [Theory]
    [InlineData("""{ "providers": [ { "name": 1 } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "timeout": "1" } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "timeout": 99999999999 } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "local": "yes" } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "aliases": "y" } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "aliases": [null] } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "quirks": null } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "quirks": { "max_tokens_field": null } } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "headers": [] } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "operations": ["chats"] } ] }""")]
    [InlineData("""{ "providers": [ { "name": "x", "auth": { "scheme": "Bearer" } } ] }""")]
    [InlineData("""{ "providers": {} }""")]
    [InlineData("""{ "providers": [ "x" ] }""")]
    [InlineData("""{ "providers": [] } {}""")]
    [InlineData("""{ "providers": [""")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_value_of_another_kind_is_refused(string file) => Refuse(file);

    private static void Refuse(string file) => Assert.Throws<ProviderException>(() => ProviderCatalog.Parse(Encoding.UTF8.GetBytes(file)));

    [Fact]
    public void A_name_used_twice_is_refused() =>
        Assert.Throws<ProviderException>(
            () => ProviderCatalog.Parse("""{ "providers": [ { "name": "x" }, { "name": "y", "aliases": ["X"] } ] }"""u8));

    [Fact]
    public void Quirks_keep_the_defaults_they_do_not_name()
    {
        var quirks = ProviderCatalog.Default.Find("xai")!.Quirks;
        Assert.True(quirks.StreamOptions);
        Assert.Equal("max_completion_tokens", quirks.MaxTokensField);
        Assert.Empty(quirks.RenamedParams);
    }
}
