using Switchyard.Cloud.Credentials;
using Switchyard.Common;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Cloud;

/// <summary>Credentials from a cloud are masked from the moment they are obtained.</summary>
public sealed class CloudSecretTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Covers("Y1")]
    [Fact]
    public async Task Keys_that_sign_are_known_before_anything_is_signed_with_them()
    {
        var context = new ProviderContext { Secrets = new SecretRedactor() };
        var settings = new ProviderSettings
        {
            Type = "bedrock",
            Metadata = new Dictionary<string, string>
            {
                ["region"] = "eu-central-1",
                ["access_key_id"] = "access-key-id-1",
                ["secret_access_key"] = "secret/access+key",
                ["session_token"] = "session=token=1",
            },
        };
        var authorizer = new AwsAuthorizerFactory().Create("bedrock", ProviderCatalog.Default.Find("bedrock")!, settings, context);
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://bedrock.example.com/model/m/converse");

        await authorizer.AuthorizeAsync(request, Token);

        Assert.Equal(
            "in eu-central-1: ***, ***, *** ***",
            context.Secrets.Redact("in eu-central-1: access-key-id-1, secret/access+key, session=token=1 secret%2faccess%2Bkey"));
    }

    [Covers("Y1")]
    [Fact]
    public async Task A_token_is_known_as_a_secret_before_it_is_used_and_again_when_it_is_renewed()
    {
        var time = new TestClock();
        var told = new List<string>();
        var fetches = 0;
        var renewed = new Renewed<string>(
            _ => new(new Lease<string>($"token-{++fetches}", time.GetUtcNow().AddMinutes(1), time.GetUtcNow().AddMinutes(1))),
            time, told.Add);

        Assert.Equal(("token-1", "token-1"), (await renewed.GetAsync(Token), Assert.Single(told)));
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("token-2", await renewed.GetAsync(Token));
        Assert.Equal(["token-1", "token-2"], told);
    }
}
