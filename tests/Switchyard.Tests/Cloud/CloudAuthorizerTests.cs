using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Cloud.Credentials;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.TestKit;
using Switchyard.Tests.Providers;
using Xunit;
using Some = Switchyard.Tests.Providers.Some;

namespace Switchyard.Tests.Cloud;

/// <summary>The clouds' credentials as providers use them. No test calls a cloud.</summary>
public sealed class CloudAuthorizerTests
{
    private readonly TestClock _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public async Task Every_credential_of_the_catalogue_is_provided_and_nothing_is_asked_for_before_it_is_needed()
    {
        foreach (var descriptor in ProviderCatalog.Default.All.Where(one => one.Auth.Credential is not null))
        {
            var environment = descriptor.Variables.Values.SelectMany(names => names)
                .ToDictionary(name => name, _ => descriptor.BaseUrl!.StartsWith('{') ? "https://x.example.com" : "x");
            await using var provider = new HttpProvider(descriptor.Name, descriptor, Context(environment.GetValueOrDefault));
            await provider.InitializeAsync(new ProviderSettings { Type = descriptor.Name }, Some.Token);
            Assert.NotNull(provider.Endpoint.Credentials[0].Authorizer);
            Assert.DoesNotContain(
                provider.Endpoint.Credentials[0].Headers, header => header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task Keys_of_the_settings_sign_a_list_of_models()
    {
        var handler = ScriptedHandler.Json(
            """{"modelSummaries":[{"modelId":"amazon.nova-lite-v1:0","modelName":"Nova Lite","providerName":"Amazon"}]}""");
        await using var provider = await BedrockAsync(handler, new Dictionary<string, string>
        {
            ["region"] = "us-east-1",
            ["access_key_id"] = "AKIDEXAMPLE",
            ["secret_access_key"] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            ["session_token"] = "TOKEN",
        });
        var models = await provider.ListModelsAsync(Some.Token);
        Assert.Equal(("amazon.nova-lite-v1:0", "Nova Lite", "Amazon"), (models[0].Id, models[0].Name, models[0].OwnedBy));
        var request = Assert.Single(handler.Requests);
        Assert.Equal("https://bedrock.us-east-1.amazonaws.com/foundation-models", request.RequestUri!.AbsoluteUri);
        Assert.Equal("TOKEN", Assert.Single(request.Headers.GetValues("x-amz-security-token")));
        Assert.StartsWith(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/bedrock/aws4_request, "
            + "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=",
            Assert.Single(request.Headers.GetValues("Authorization")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public async Task A_session_token_that_is_blank_is_none(string token)
    {
        var handler = ScriptedHandler.Json("""{"modelSummaries":[{"modelId":"amazon.nova-lite-v1:0"}]}""");
        await using var provider = await BedrockAsync(handler, new Dictionary<string, string>
        {
            ["region"] = "us-east-1",
            ["access_key_id"] = "AKIDEXAMPLE",
            ["secret_access_key"] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            ["session_token"] = token,
        });

        await provider.ListModelsAsync(Some.Token);

        Assert.False(Assert.Single(handler.Requests).Headers.Contains("x-amz-security-token"));
    }

    [Fact]
    public async Task Half_a_pair_of_keys_and_a_missing_region_are_named()
    {
        var error = await Assert.ThrowsAsync<ProviderException>(() => BedrockAsync(
            ScriptedHandler.Json("{}"), new Dictionary<string, string> { ["region"] = "r", ["access_key_id"] = "A" }));
        Assert.Contains("settings.secret_access_key", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<ProviderException>(() => BedrockAsync(ScriptedHandler.Json("{}"), [], "https://vpce.example.com"));
        Assert.Contains("settings.region", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bearer_key_wins_over_signing()
    {
        var descriptor = ProviderCatalog.Default.Find("bedrock")!;
        await using var provider = new HttpProvider("bedrock", descriptor, Context(name => name == "AWS_REGION" ? "eu-west-1" : null));
        await provider.InitializeAsync(new ProviderSettings { Type = "bedrock", ApiKey = "k" }, Some.Token);
        Assert.Null(provider.Endpoint.Credentials[0].Authorizer);
        Assert.Equal(new("Authorization", "Bearer k"), Assert.Single(provider.Endpoint.Credentials[0].Headers));
    }

    [Fact]
    public async Task A_token_is_sent_and_fetched_once()
    {
        var fetches = 0;
        var now = _time.GetUtcNow();
        var authorizer = new BearerAuthorizer(new Renewed<string>(
            _ => new(new Lease<string>($"token-{++fetches}", now.AddMinutes(50), now.AddHours(1))), _time));
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "https://x.example.com");
            await authorizer.AuthorizeAsync(request, Some.Token);
            Assert.Equal("Bearer token-1", Assert.Single(request.Headers.GetValues("Authorization")));
        }
    }

    [Fact]
    public async Task A_source_without_credentials_says_what_to_do_and_quotes_nothing()
    {
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await CredentialFailure.ExplainAsync<string>(
            _ => throw new InvalidOperationException($"refused {Some.Secret}"), "bedrock", "AWS", "sign in", Some.Token));
        Assert.Equal("Provider 'bedrock' found no AWS credentials: sign in.", error.Message);
    }

    [Fact]
    public void Adding_the_clouds_twice_adds_them_once()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard().AddSwitchyardCloud().AddSwitchyardCloud();
        using var provider = services.BuildServiceProvider();
        Assert.Equal(["aws", "azure", "google"], provider.GetRequiredService<ProviderContext>().Authorizers.Select(one => one.Credential));
    }

    private ProviderContext Context(Func<string, string?> environment, ScriptedHandler? handler = null) => new()
    {
        Environment = environment,
        TimeProvider = _time,
        HandlerFactory = handler is null ? null : () => handler,
        Authorizers = [new AwsAuthorizerFactory(), new AzureAuthorizerFactory(), new GoogleAuthorizerFactory()],
    };

    private async Task<HttpProvider> BedrockAsync(ScriptedHandler handler, Dictionary<string, string> settings, string? baseUrl = null)
    {
        var provider = new HttpProvider("bedrock", ProviderCatalog.Default.Find("bedrock")!, Context(_ => null, handler));
        await provider.InitializeAsync(new ProviderSettings { Type = "bedrock", Metadata = settings, BaseUrl = baseUrl }, Some.Token);
        return provider;
    }
}
