using Switchyard.Identity;
using Xunit;

namespace Switchyard.Tests.Identity;

/// <summary>Keys as hashes, and callers by their ids.</summary>
public sealed class CallerTableTests
{
    [Fact]
    public void No_keys_make_no_table() => Assert.Null(CallerTable.From([]));

    [Fact]
    public void A_key_is_found_and_any_other_text_is_not()
    {
        var table = CallerTable.From(["alpha-key", "beta-key", "schlüssel-für-später"])!;
        var caller = table.Find("beta-key");

        Assert.NotNull(caller);
        Assert.Same(caller, table.Find("beta-key"));
        Assert.NotSame(caller, table.Find("alpha-key"));
        Assert.NotNull(table.Find("schlüssel-für-später"));
        Assert.All(["", "beta-ke", "beta-key ", "Beta-key", new string('x', 100_000)], text => Assert.Null(table.Find(text)));
    }

    [Fact]
    public void A_thousand_keys_are_distinguished()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => $"key number {i}").ToList();
        var table = CallerTable.From(keys)!;

        Assert.Equal(1000, keys.Select(key => table.Find(key)!.Caller.Id).Distinct().Count());
    }

    [Fact]
    public void An_id_names_the_key_without_any_of_it()
    {
        var id = CallerTable.From(["plainsecretvalue777"])!.Find("plainsecretvalue777")!.Caller.Id;

        Assert.Matches("^key-[0-9a-f]{8}$", id);
        Assert.Equal(id, CallerTable.From(["other", "plainsecretvalue777"])!.Find("plainsecretvalue777")!.Caller.Id);
    }

    [Fact]
    public void A_key_written_twice_is_one_caller()
    {
        var table = CallerTable.From(["same", "same"])!;
        Assert.NotNull(table.Find("same"));
    }
}
