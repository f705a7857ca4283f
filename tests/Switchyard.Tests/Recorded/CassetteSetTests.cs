using System.Text;
using Switchyard.Recorded;
using Xunit;

namespace Switchyard.Tests.Recorded;

/// <summary>The recording that answers a request, and the error if no recording matches.</summary>
public sealed class CassetteSetTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[true,null]}""", """{ "b" : [ true , null ], "a" : 1.0 }""")]
    [InlineData("""{"t":0.70}""", """{"t":7e-1}""")]
    [InlineData("""{"t":"\u00fc\/"}""", """{"t":"ü/"}""")]
    [InlineData("""{"n":123456789012345678901234567890}""", """{"n":123456789012345678901234567890}""")]
    [InlineData(
        """{"m":[{"name":"x","c":"1"},{"c":"2"}],"meta":{"deep":{"x":1}}}""",
        """{"m":[{"c":"1"},{"name":"y","c":"2"}],"meta":{"deep":{}}}""")]
    [InlineData("""{"t":"key *** and more"}""", """{"t":"key sk-whatever and more"}""")]
    [InlineData("""{"t":"***"}""", """{"t":""}""")]
    public void Requests_that_mean_the_same_are_the_same(string recorded, string asked) =>
        Assert.Equal("a.json", Find(asked, Make("a.json", recorded)).File);

    [Theory]
    [InlineData("""{"a":1}""", """{"a":"1"}""", "a is \"1\" and was 1")]
    [InlineData("""{"a":1}""", """{}""", "a is missing, and was 1")]
    [InlineData("""{}""", """{"a":[]}""", "a is a list, and was not there")]
    [InlineData("""{"a":[1]}""", """{"a":[1,2]}""", "the length of a is 2 and was 1")]
    [InlineData("""{"a":[{"b":"x"}]}""", """{"a":[{"b":"y"}]}""", "a[0].b is \"y\" and was \"x\"")]
    [InlineData("""{"t":"key *** and more"}""", """{"t":"key sk-x and less"}""", "t is \"key sk-x and less\" and was \"key *** and more\"")]
    [InlineData("""{"n":123456789012345678901234567890}""", """{"n":123456789012345678901234567891}""", "n is")]
    [InlineData("""{"a":"x\"2:by"}""", """{"a":"x","by":""}""", "a is")]
    public void Others_are_not_and_the_first_difference_is_named(string recorded, string asked, string difference)
    {
        var error = Assert.Throws<CassetteException>(() => Find(asked, Make("a.json", recorded)));

        Assert.Contains($"the nearest recording is a.json: {difference}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Asterisks_that_were_written_stand_for_nothing_else()
    {
        const string Written = """{"t":"one\n***\ntwo"}""";
        var recorded = Make("a.json", Written);
        recorded = recorded with { Request = recorded.Request with { MayBeMasked = false } };
        var read = CassetteReader.Read("a.json", CassetteWriter.Write(recorded));

        Assert.Equal("a.json", Find(Written, read).File);
        var error = Assert.Throws<CassetteException>(() => Find("""{"t":"one\nand\ntwo"}""", read));
        Assert.Contains("the nearest recording is a.json: t is", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_path_and_another_method_are_other_requests()
    {
        var set = new CassetteSet([Make("a.json", "{}")], [], isStrict: false);

        Assert.Contains(
            "the path is /other and was /chat/completions",
            Assert.Throws<CassetteException>(() => set.Find("POST", "/other", "{}"u8.ToArray())).Message, StringComparison.Ordinal);
        Assert.Contains(
            "the method is GET and was POST",
            Assert.Throws<CassetteException>(() => set.Find("GET", "/chat/completions", "{}"u8.ToArray())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_thousand_threads_get_each_recording_once_before_the_last_is_given_again()
    {
        var set = new CassetteSet([.. Enumerable.Range(0, 100).Select(i => Make($"{i:D3}.json", "{}"))], [], isStrict: false);

        var given = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 1000, _ => given.Add(set.Find("POST", "/chat/completions", "{}"u8.ToArray()).File));

        Assert.All(Enumerable.Range(0, 99), i => Assert.Single(given, file => file == $"{i:D3}.json"));
        Assert.Equal(901, given.Count(file => file == "099.json"));
    }

    private static Cassette Find(string asked, params Cassette[] cassettes) =>
        new CassetteSet(cassettes, ["m.name", "meta.deep.x"], isStrict: false)
            .Find("POST", "/chat/completions", Encoding.UTF8.GetBytes(asked));

    private static Cassette Make(string file, string body) => new()
    {
        File = file,
        Recorded = default,
        Provider = "up",
        Format = "openai-chat",
        Model = "some-model",
        Request = new RecordedRequest { Method = "POST", Path = "/chat/completions", Body = Encoding.UTF8.GetBytes(body) },
        Answer = new RecordedAnswer { Status = 200 },
    };
}
