using Switchyard.Secrets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Secrets;

/// <summary>The stores whose files another program writes: a mounted folder, and a file of variables.</summary>
public sealed class FileStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Covers("S001-15")]
    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("anthropic/a", "anthropic/a")]
    [InlineData("anthropic/a", "anthropic-a")]
    [InlineData("provider:openai:apiKey", "provider-openai-apiKey")]
    [InlineData("provider:openai:apiKey", "provider_openai_apiKey")]
    [InlineData("provider:openai:apiKey", "provider.openai.apiKey")]
    public async Task A_mounted_file_is_found_by_its_name_as_far_as_a_mount_allows_it(string name, string file)
    {
        _folder.Write(file, "the-key\n");
        var store = new DirectorySecretStore(_folder.FullPath);

        Assert.Equal("the-key", await store.GetAsync(name, TestContext.Current.CancellationToken));
        Assert.Null(await store.GetAsync("another", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/hostname")]
    [InlineData("a/../../outside")]
    public async Task A_name_is_no_way_out_of_the_folder(string name)
    {
        Directory.CreateDirectory(_folder["inside"]);
        _folder.Write("outside", "secret");

        Assert.Null(await new DirectorySecretStore(_folder["inside"]).GetAsync(name, TestContext.Current.CancellationToken));
    }

    [Covers("S001-24")]
    [Fact]
    public async Task A_volume_swapped_by_its_link_is_seen_and_read_anew()
    {
        _folder.Mount("..2030_01", ("key", "first-key"));
        var store = new DirectorySecretStore(_folder.FullPath);
        Assert.Equal("first-key", await store.GetAsync("key", TestContext.Current.CancellationToken));
        var stamp = store.Stamp();
        Assert.Equal(stamp, store.Stamp());

        _folder.Mount("..2030_02", ("key", "other-key"));

        Assert.NotEqual(stamp, store.Stamp());
        Assert.Equal("other-key", await store.GetAsync("key", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_folder_that_is_not_mounted_is_a_failure_and_no_empty_store()
    {
        var failure = await Assert.ThrowsAsync<SecretStoreException>(
            () => new DirectorySecretStore(_folder["absent"]).GetAsync("key", TestContext.Current.CancellationToken).AsTask());

        Assert.Contains("does not exist: mount it, or correct secrets.directory", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KEY=plain", "plain")]
    [InlineData("export KEY = spaced  ", "spaced")]
    [InlineData("KEY='single # quoted'", "single # quoted")]
    [InlineData("KEY=\"double \\\"quoted\\\"\"", "double \"quoted\"")]
    [InlineData("KEY=a=b # said", "a=b")]
    [InlineData("KEY=sharp#inside", "sharp#inside")]
    [InlineData("#KEY=comment\nOTHER=x", null)]
    [InlineData("KEY=first\nKEY=last", "last")]
    public async Task A_line_of_variables_is_read_as_shells_and_containers_do(string text, string? value) =>
        Assert.Equal(
            value, await new EnvFileSecretStore(_folder.Write(".env", text)).GetAsync("KEY", TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_secret_is_found_under_the_variable_of_its_name()
    {
        var store = new EnvFileSecretStore(_folder.Write(".env", "ANTHROPIC_A=one"));

        Assert.Equal("one", await store.GetAsync("anthropic/a", TestContext.Current.CancellationToken));
        Assert.Null(await store.GetAsync("anthropic/b", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Neither_is_written_to_and_says_where_to_write_instead()
    {
        foreach (var store in (ISecretStore[])[new DirectorySecretStore(_folder.FullPath), new EnvFileSecretStore(_folder[".env"])])
        {
            var refused = await Assert.ThrowsAsync<SecretStoreException>(
                () => store.SetAsync("a", "b", TestContext.Current.CancellationToken).AsTask());
            Assert.Contains($"The store '{store.Name}' is read-only: change ", refused.Message, StringComparison.Ordinal);
        }
    }
}
