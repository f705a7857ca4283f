using Switchyard.Network;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Network;

/// <summary>The addresses that an entry of an allow list admits, and invalid entries.</summary>
public sealed class AllowEntryTests
{
    [Covers("S001-97")]
    [Theory]
    [InlineData("api.example.com", "https://api.example.com/v1/chat", true)]
    [InlineData("api.example.com", "http://api.example.com:8080/", true)]
    [InlineData("API.Example.COM", "https://api.example.com/", true)]
    [InlineData("api.example.com", "https://API.EXAMPLE.COM/", true)]
    [InlineData("api.example.com", "https://example.com/", false)]
    [InlineData("api.example.com", "https://api.example.com.evil.test/", false)]
    [InlineData("api.example.com", "https://evilapi.example.com/", false)]
    [InlineData("api.example.com:8443", "https://api.example.com:8443/v1", true)]
    [InlineData("api.example.com:8443", "https://api.example.com/v1", false)]
    [InlineData("api.example.com:443", "https://api.example.com/v1", true)]
    [InlineData("api.example.com:443", "http://api.example.com/v1", false)]
    [InlineData("*.openai.azure.com", "https://mine.openai.azure.com/", true)]
    [InlineData("*.OpenAI.azure.com", "https://a.b.openai.azure.com/", true)]
    [InlineData("*.openai.azure.com", "https://openai.azure.com/", false)]
    [InlineData("*.openai.azure.com", "https://evilopenai.azure.com/", false)]
    [InlineData("*.openai.azure.com:8443", "https://mine.openai.azure.com/", false)]
    [InlineData("*-aiplatform.googleapis.com", "https://europe-west1-aiplatform.googleapis.com/v1", true)]
    [InlineData("*", "https://anything.example/", true)]
    [InlineData("*:443", "https://anything.example/", true)]
    [InlineData("*:443", "http://anything.example/", false)]
    [InlineData("https://api.example.com/v1/chat", "https://api.example.com/v1/chat", true)]
    [InlineData("https://api.example.com/v1/Chat", "https://API.example.com/V1/chat/", true)]
    [InlineData("https://api.example.com/v1/chat", "https://api.example.com/v1/chat?api-version=1", true)]
    [InlineData("https://api.example.com/v1/chat", "https://api.example.com/v1/models", false)]
    [InlineData("https://api.example.com/v1/chat", "https://api.example.com/v1/chat/more", false)]
    [InlineData("https://api.example.com/v1/chat", "http://api.example.com/v1/chat", false)]
    [InlineData("https://api.example.com/v1/chat", "https://api.example.com:8443/v1/chat", false)]
    [InlineData("https://api.example.com", "https://api.example.com/v1/models", true)]
    [InlineData("https://api.example.com", "http://api.example.com/v1/models", false)]
    [InlineData("127.0.0.1", "http://127.0.0.1:8000/v1", true)]
    [InlineData("127.0.0.1:8000", "http://127.0.0.1:8001/v1", false)]
    [InlineData("10.0.0.0/8", "http://10.9.8.7/", true)]
    [InlineData("10.0.0.0/8", "http://11.0.0.1/", false)]
    [InlineData("127.0.0.1", "http://localhost:8000/", false)]
    [InlineData("fd00::/8", "http://[fd12::1]/", true)]
    [InlineData("::1", "http://[::1]:8000/", true)]
    [InlineData("[::1]:8000", "http://[::1]:8000/", true)]
    [InlineData("[::1]:8000", "http://[::1]:8001/", false)]
    [InlineData("::ffff:10.0.0.0/104", "http://10.9.8.7/", true)]
    public void An_entry_lets_through_what_it_names(string entry, string target, bool isAllowed) =>
        Assert.Equal(isAllowed, Policy(entry).Judge(new Uri(target)) == EgressReason.None);

    /// <summary>All spellings of a host are the same host.</summary>
    [Covers("S001-97", "B25")]
    [Theory]
    [InlineData("127.0.0.1", "http://2130706433/")]
    [InlineData("127.0.0.1", "http://0x7f000001/")]
    [InlineData("127.0.0.1", "http://0177.0.0.1/")]
    [InlineData("127.0.0.1", "http://127.1/")]
    [InlineData("127.0.0.1", "http://127.0.0.1./")]
    [InlineData("127.0.0.1", "http://[::ffff:127.0.0.1]/")]
    [InlineData("0x7f.1", "http://127.0.0.1/")]
    [InlineData("api.example.com", "https://api.example.com./v1")]
    [InlineData("api.example.com.", "https://api.example.com/v1")]
    [InlineData("bücher.example", "https://xn--bcher-kva.example/")]
    [InlineData("xn--bcher-kva.example", "https://BÜCHER.example/")]
    [InlineData("*.bücher.example", "https://api.xn--bcher-kva.example/")]
    [InlineData("api.example.com", "https://evil.test@api.example.com/")]
    public void A_host_is_the_same_however_it_is_written(string entry, string target) =>
        Assert.Equal(EgressReason.None, Policy(entry).Judge(new Uri(target)));

    [Covers("B25")]
    [Theory]
    [InlineData("api.example.com", "https://api.example.com@evil.test/")]
    [InlineData("api.example.com", "https://evil.test/api.example.com")]
    [InlineData("api.example.com", "https://evil.test#api.example.com")]
    [InlineData("api.example.com", "https://evil.test?api.example.com")]
    [InlineData("paypal.example", "https://p\u0430ypal.example/")]
    public void No_other_host_passes_as_one_that_is_allowed(string entry, string target) =>
        Assert.Equal(EgressReason.NotListed, Policy(entry).Judge(new Uri(target)));

    [Covers("S001-97")]
    [Theory]
    [InlineData("", "is empty")]
    [InlineData("api.example.com/v1", "leave out the path")]
    [InlineData("10.1.2.3/8", "more bits than the 8 it fixes")]
    [InlineData("10.0.0.0/33", "leave out the path")]
    [InlineData("api.example.com:0", "does not end in a port from 1 to 65535")]
    [InlineData("api.example.com:http", "does not end in a port from 1 to 65535")]
    [InlineData("api.*.com", "write *.example.com")]
    [InlineData("*example.com", "write *.example.com")]
    [InlineData(".example.com", "write *.example.com")]
    [InlineData("ftp://api.example.com", "is not an http or https URL")]
    [InlineData("https://user:pass@api.example.com/", "must not hold a user name")]
    [InlineData("https://api.example.com/?a=b", "a query")]
    [InlineData("two hosts", "is not a host")]
    [InlineData("exa_mple..com", "is not a host")]
    public void What_cannot_be_an_entry_says_what_one_is(string entry, string problem)
    {
        Assert.Null(AllowEntry.Parse(entry, out var found));
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    private static EgressPolicy Policy(string entry)
    {
        var parsed = AllowEntry.Parse(entry, out var problem);
        Assert.True(parsed is not null, problem);
        return new EgressPolicy(EgressEnforcement.Enforce, [parsed]);
    }
}
