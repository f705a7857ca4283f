using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>An endpoint is shared by every call to a provider: its computed values must be the same for all of them.</summary>
public sealed class HttpEndpointTests
{
    private const int Threads = 4;
    private const int Rounds = 200;

    private static readonly Uri s_base = new("https://one.example/v1");
    private static readonly Uri s_other = new("https://two.example/v1");

    [Fact]
    public void Threads_that_ask_for_an_address_first_all_see_one()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var endpoint = Endpoint();
            Assert.Equal(["https://one.example/v1/chat?v=1"], AskAtOnce(() => Url(endpoint, DialectId.OpenAIChat)).Distinct());
            Assert.Equal(["https://two.example/v1/chat"], AskAtOnce(() => Url(endpoint, DialectId.AnthropicMessages)).Distinct());
        }

        static string Url(HttpEndpoint endpoint, DialectId dialect) =>
            endpoint.UrlFor(dialect, CallOperation.Chat, false, "m", "/chat").AbsoluteUri;
    }

    [Fact]
    public void An_account_is_its_address_and_credential_and_shows_neither()
    {
        Assert.Equal(Account("secret"), Account("secret"));
        Assert.NotEqual(Account("secret"), Account("another"));
        Assert.NotEqual(Account("secret"), Account("secret", s_other));
        Assert.DoesNotContain("example", Account("secret"), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Account("secret"), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_of_several_keys_is_an_account_of_its_own_with_its_share()
    {
        var settings = new ProviderSettings { Type = "custom", ApiKey = "a", Keys = [new("a", 2), new("b")] };
        var credentials = EndpointCredentials.Of("one", new ProviderDescriptor { Name = "one" }, settings, s_base, ProviderContext.Default);

        Assert.Equal(["Bearer a", "Bearer b"], credentials.Select(credential => Assert.Single(credential.Headers).Value));
        Assert.Equal([2.0, 1.0], credentials.Select(credential => credential.Weight));
        Assert.NotEqual(credentials[0].Account, credentials[1].Account);
    }

    private static string Account(string key, Uri? address = null) => EndpointCredentials.Of(
        "one", new ProviderDescriptor { Name = "one" }, new ProviderSettings { Type = "custom", ApiKey = key }, address ?? s_base,
        ProviderContext.Default)[0].Account;

    private static HttpEndpoint Endpoint() => new(
        s_base, "v=1", new Dictionary<string, Uri> { [DialectId.AnthropicMessages.Value] = s_other })
    {
        Invoker = new HttpMessageInvoker(new NoHandler()),
        Credentials = [new EndpointCredential { Headers = [], Account = "one" }],
        Dialects = [DialectId.OpenAIChat, DialectId.AnthropicMessages],
        Quirks = ProviderQuirks.None,
        Operations = [CallOperation.Chat],
    };

    private static string[] AskAtOnce(Func<string> ask)
    {
        using var start = new Barrier(Threads);
        var answers = new string[Threads];
        var threads = Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            answers[index] = ask();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return answers;
    }

    private sealed class NoHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
