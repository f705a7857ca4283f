using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>An endpoint is shared by every call to a provider: what is computed in it must be the same for all of them.</summary>
public sealed class HttpEndpointTests
{
    private const int Threads = 4;
    private const int Rounds = 200;

    private static readonly Uri s_base = new("https://one.example/v1");
    private static readonly Uri s_other = new("https://two.example/v1");

    [Fact]
    public void Threads_that_ask_for_the_account_first_all_see_one_name()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var endpoint = Endpoint(new NoAuthorizer());
            Assert.Single(AskAtOnce(() => endpoint.Account).Distinct());
        }
    }

    [Fact]
    public void Threads_that_ask_for_an_address_first_all_see_one()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var endpoint = Endpoint();
            Assert.Equal(["https://one.example/v1/chat?v=1"], AskAtOnce(() => Url(endpoint, DialectId.OpenAIChat)).Distinct());
            Assert.Equal(["https://two.example/v1/chat"], AskAtOnce(() => Url(endpoint, DialectId.AnthropicMessages)).Distinct());
        }

        static string Url(HttpEndpoint endpoint, DialectId dialect) => endpoint.UrlFor(dialect, CallOperation.Chat, false, "m", "/chat").AbsoluteUri;
    }

    [Fact]
    public void An_account_is_its_address_and_credential_and_shows_neither()
    {
        Assert.Equal(Endpoint().Account, Endpoint().Account);
        Assert.NotEqual(Endpoint().Account, Endpoint(key: "another").Account);
        Assert.DoesNotContain("example", Endpoint().Account, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Endpoint().Account, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_credentials_that_are_signed_or_renewed_each_endpoint_is_an_account_of_its_own() =>
        Assert.NotEqual(Endpoint(new NoAuthorizer()).Account, Endpoint(new NoAuthorizer()).Account);

    private static HttpEndpoint Endpoint(IRequestAuthorizer? authorizer = null, string key = "secret") => new(
        s_base, [new("Authorization", $"Bearer {key}")], authorizer, "v=1", new Dictionary<DialectId, Uri> { [DialectId.AnthropicMessages] = s_other })
    {
        Invoker = new HttpMessageInvoker(new NoHandler()),
        Dialects = [DialectId.OpenAIChat, DialectId.AnthropicMessages],
        Quirks = ProviderQuirks.None,
        Operations = new HashSet<CallOperation> { CallOperation.Chat },
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

    private sealed class NoAuthorizer : IRequestAuthorizer
    {
        public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) => default;
    }

    private sealed class NoHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
