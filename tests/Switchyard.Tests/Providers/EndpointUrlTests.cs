using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>The URL of a call: paths and queries as data, several dialects at several addresses.</summary>
public sealed class EndpointUrlTests
{
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal)
    {
        ["GOOGLE_CLOUD_PROJECT"] = "p-1",
        ["GOOGLE_CLOUD_LOCATION"] = "europe-west4",
        ["AWS_DEFAULT_REGION"] = "eu-central-1",
    };

    [Fact]
    public async Task A_path_of_the_catalogue_wins_over_the_dialects_and_streams_may_have_their_own()
    {
        await using var provider = await ReadyAsync("google-vertex");
        const string Base =
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4/publishers/google/models/gemini-x";
        Assert.Equal($"{Base}:generateContent", Url(provider, CallOperation.Chat, false, "gemini-x", "/own"));
        Assert.Equal($"{Base}:streamGenerateContent?alt=sse", Url(provider, CallOperation.Chat, true, "gemini-x", "/own"));
        Assert.Equal($"{Base}:countTokens", Url(provider, CallOperation.CountTokens, true, "gemini-x", "/own"));
        // Paths that the catalogue does not define come from the dialect.
        Assert.EndsWith(
            "/locations/europe-west4/own?a=b", Url(provider, CallOperation.Embedding, false, "gemini-x", "/own?a=b"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("global", "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global")]
    [InlineData("us", "https://aiplatform.us.rep.googleapis.com/v1/projects/p-1/locations/us")]
    [InlineData("us-east5", "https://us-east5-aiplatform.googleapis.com/v1/projects/p-1/locations/us-east5")]
    public async Task Some_regions_have_a_host_named_otherwise(string location, string expected)
    {
        _environment["GOOGLE_CLOUD_LOCATION"] = location;
        await using var provider = await ReadyAsync("google-vertex");
        Assert.Equal(expected, provider.Endpoint.BaseUrl.AbsoluteUri);
    }

    [Fact]
    public async Task The_query_is_added_to_every_address_and_the_model_is_one_segment()
    {
        _environment["AZURE_API_BASE"] = "https://mine.openai.azure.com/";
        _environment["AZURE_API_VERSION"] = "2024-10-21";
        await using var provider = await ReadyAsync("azure-openai-deployments");
        Assert.Equal(
            "https://mine.openai.azure.com/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21",
            Url(provider, CallOperation.Chat, true, "my gpt/4", "/chat/completions"));
        Assert.Equal("https://mine.openai.azure.com/openai/models?api-version=2024-10-21", provider.Endpoint.UrlFor("/models").AbsoluteUri);
        Assert.Equal("https://mine.openai.azure.com/openai/x?a=b&api-version=2024-10-21", provider.Endpoint.UrlFor("/x?a=b").AbsoluteUri);
        Assert.Equal(new("api-key", "k"), Assert.Single(provider.Endpoint.Credentials[0].Headers));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../../models")]
    [InlineData("a/./b")]
    [InlineData("..\\models")]
    public async Task A_model_cannot_lead_to_another_address(string model)
    {
        _environment["AZURE_API_BASE"] = "https://mine.openai.azure.com/";
        _environment["AZURE_API_VERSION"] = "2024-10-21";
        await using var provider = await ReadyAsync("azure-openai-deployments");
        for (var i = 0; i < 2; i++)
        {
            var thrown = Assert.Throws<CallException>(() => Url(provider, CallOperation.Chat, true, model, "/chat/completions"));
            Assert.Equal(CallErrorKind.InvalidRequest, thrown.Error.Kind);
        }
    }

    [Theory]
    [InlineData("gpt-4.1")]
    [InlineData("..a")]
    [InlineData("a..b/c.")]
    [InlineData("...")]
    public async Task A_model_may_have_dots_in_its_name(string model)
    {
        _environment["AZURE_API_BASE"] = "https://mine.openai.azure.com/";
        _environment["AZURE_API_VERSION"] = "2024-10-21";
        await using var provider = await ReadyAsync("azure-openai-deployments");
        Assert.Contains(Uri.EscapeDataString(model), Url(provider, CallOperation.Chat, true, model, "/x"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CallOperation.ImageGeneration, "images/generations")]
    [InlineData(CallOperation.ImageEdit, "images/edits")]
    [InlineData(CallOperation.Speech, "audio/speech")]
    [InlineData(CallOperation.Transcription, "audio/transcriptions")]
    [InlineData(CallOperation.AudioTranslation, "audio/translations")]
    public async Task Images_and_audio_of_Azures_deployments_have_the_deployment_in_their_address_too(CallOperation operation, string path)
    {
        _environment["AZURE_API_BASE"] = "https://mine.openai.azure.com/";
        _environment["AZURE_API_VERSION"] = "2024-10-21";
        await using var provider = await ReadyAsync("azure-openai-deployments");

        Assert.True(provider.Endpoint.Serves(operation));
        Assert.Equal(
            $"https://mine.openai.azure.com/openai/deployments/my-model/{path}?api-version=2024-10-21",
            Url(provider, operation, false, "my-model", $"/{path}"));
    }

    [Fact]
    public async Task A_missing_value_of_the_query_is_named()
    {
        _environment["AZURE_API_BASE"] = "https://mine.openai.azure.com/";
        var error = await Assert.ThrowsAsync<ProviderException>(() => ReadyAsync("azure-openai-deployments"));
        Assert.Equal(
            "Provider 'azure-openai-deployments' needs api_version: "
            + "set AZURE_API_VERSION or OPENAI_API_VERSION or AZURE_OPENAI_API_VERSION, "
            + "or providers.azure-openai-deployments.settings.api_version.",
            error.Message);
    }

    [Covers("C3")]
    [Theory]
    [InlineData("us.anthropic.claude-x-v1:0", "us.anthropic.claude-x-v1%3A0")]
    [InlineData("arn:aws:bedrock:us-east-1:1:inference-profile/a.b", "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fa.b")]
    public async Task What_a_path_has_percent_encoded_stays_so(string model, string encoded)
    {
        await using var provider = await ReadyAsync("bedrock");
        var url = provider.Endpoint.UrlFor(DialectId.BedrockConverse, CallOperation.Chat, false, model, $"/model/{encoded}/converse");
        Assert.Equal($"https://bedrock-runtime.eu-central-1.amazonaws.com/model/{encoded}/converse", url.AbsoluteUri);
        Assert.Equal($"/model/{encoded}/converse", url.PathAndQuery);
    }

    [Fact]
    public async Task A_second_dialect_may_live_elsewhere_but_not_where_the_user_has_moved_the_provider()
    {
        var descriptor = new ProviderDescriptor
        {
            Name = "two",
            Dialects = ["openai-chat", "anthropic-messages"],
            BaseUrl = "https://two.example.com/v1",
            BaseUrls = new Dictionary<string, string> { ["anthropic-messages"] = "https://two.example.com/anthropic/v1" },
            Paths = new Dictionary<string, string> { ["chat"] = "/{model}/chat" },
            Query = "v=2",
            KeyEnv = ["TWO_KEY"],
        };
        await using var provider = await ReadyAsync(descriptor, new ProviderSettings { Type = "two", ApiKey = "k" });
        Assert.Equal("https://two.example.com/v1/m/chat?v=2", Url(provider, CallOperation.Chat, false, "m", "/chat"));
        Assert.Equal(
            "https://two.example.com/anthropic/v1/messages",
            provider.Endpoint.UrlFor(DialectId.AnthropicMessages, CallOperation.Chat, false, "m", "/messages").AbsoluteUri);

        await using var moved = await ReadyAsync(
            descriptor, new ProviderSettings { Type = "two", ApiKey = "k", BaseUrl = "https://proxy.example.com" });
        Assert.Equal(DialectId.OpenAIChat, Assert.Single(moved.Endpoint.Dialects));
        Assert.Empty(moved.Endpoint.BaseUrls);

        await using var other = await ReadyAsync(
            descriptor, new ProviderSettings { Type = "two", ApiKey = "k", Dialect = "anthropic-messages" });
        Assert.Empty(other.Endpoint.Paths);
        Assert.Equal(
            "https://two.example.com/anthropic/v1/messages",
            other.Endpoint.UrlFor(DialectId.AnthropicMessages, CallOperation.Chat, false, "m", "/messages").AbsoluteUri);
    }

    [Theory]
    [InlineData(CallOperation.Chat, "chat")]
    [InlineData(CallOperation.ImageGeneration, "image_generation")]
    [InlineData(CallOperation.AudioTranslation, "translation")]
    [InlineData(CallOperation.Compaction, "compaction")]
    public void Data_calls_an_operation_by_its_own_name(CallOperation operation, string name)
    {
        Assert.Equal(name, OperationKeys.Of(operation, stream: false));
        Assert.Equal(name + "_stream", OperationKeys.Of(operation, stream: true));
        Assert.Contains(operation, ProviderCatalog.Default.Find("openai")!.Operations);
    }

    /// <summary>Otherwise it would be listed as able to, and called.</summary>
    [Theory]
    [InlineData("openai-chat", false)]
    [InlineData("openai-responses", true)]
    public async Task A_server_of_ones_own_compacts_only_in_the_format_that_has_it(string dialect, bool serves)
    {
        var descriptor = new ProviderDescriptor
        {
            Name = "own", BaseUrl = "https://own.example.com/v1", KeyEnv = ["OWN_KEY"], Operations = [.. Enum.GetValues<CallOperation>()],
        };
        await using var provider = await ReadyAsync(
            descriptor, new ProviderSettings { Type = "own", ApiKey = "k", Dialect = dialect });

        Assert.Equal(serves, provider.Endpoint.Serves(CallOperation.Compaction));
        Assert.True(provider.Endpoint.Serves(CallOperation.Chat));
    }

    private static string Url(HttpProvider provider, CallOperation operation, bool stream, string model, string path) =>
        provider.Endpoint.UrlFor(provider.Endpoint.Dialects[0], operation, stream, model, path).AbsoluteUri;

    private Task<HttpProvider> ReadyAsync(string name) =>
        ReadyAsync(ProviderCatalog.Default.Find(name)!, new ProviderSettings { Type = name, ApiKey = "k" });

    private async Task<HttpProvider> ReadyAsync(ProviderDescriptor descriptor, ProviderSettings settings)
    {
        var provider = new HttpProvider(descriptor.Name, descriptor, new ProviderContext { Environment = _environment.GetValueOrDefault });
        await provider.InitializeAsync(settings, Some.Token);
        return provider;
    }
}
