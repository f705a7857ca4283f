using Switchyard.Server.Commands;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>--out</c> replaces a file completely or not at all.</summary>
public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_replaced_and_a_reader_of_the_old_one_reads_it_to_its_end()
    {
        var path = _folder.Write("user.ts", "the old text");
        await using var open = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        await WholeFile.WriteAsync(path, "new", Stop);

        using var reader = new StreamReader(open);
        Assert.Equal("the old text", await reader.ReadToEndAsync(Stop));
        Assert.Equal("new", await File.ReadAllTextAsync(path, Stop));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task A_link_still_leads_to_the_file_and_its_permissions_stay()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links and permissions are others there.");
        const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        var path = _folder.Write("user.ts", "the old text");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, Mine);
        var link = _folder["link.ts"];
        File.CreateSymbolicLink(link, path);

        await WholeFile.WriteAsync(link, "new", Stop);

        Assert.Equal(path, new FileInfo(link).LinkTarget);
        Assert.Equal("new", await File.ReadAllTextAsync(path, Stop));
        Assert.Equal(Mine, new FileInfo(path).UnixFileMode);
    }

    [Fact]
    public async Task A_new_file_an_empty_one_and_a_device_are_written_as_they_are()
    {
        var (fresh, empty) = (_folder["new.ts"], _folder.Write("empty.ts", ""));

        await WholeFile.WriteAsync(fresh, "new", Stop);
        await WholeFile.WriteAsync(empty, "new", Stop);
        if (!OperatingSystem.IsWindows())
            await WholeFile.WriteAsync("/dev/null", "new", Stop);

        Assert.Equal("new", await File.ReadAllTextAsync(fresh, Stop));
        Assert.Equal("new", await File.ReadAllTextAsync(empty, Stop));
    }
}
