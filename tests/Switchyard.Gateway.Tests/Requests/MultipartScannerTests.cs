using System.Text;
using Switchyard.Calls;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

public sealed class MultipartScannerTests
{
    private static readonly byte[] s_form = new MultipartForm()
        .Field("language", "de")
        .File("file", Encoding.UTF8.GetBytes($"\r\n--{MultipartForm.Boundary[..^1]}\r\n\r\n-\r\r\n"))
        .Part("content-disposition: FORM-DATA; NAME=model", "up/whisper"u8.ToArray())
        .Field("prompt", "")
        .Part("Content-Disposition: form-data; name=\"languages[]\"\r\nX-Other: a:b", "de\r\n--"u8.ToArray())
        .Field("stream", "true")
        .ToBytes();

    [Fact]
    public void The_same_fields_are_found_wherever_the_pieces_are_cut()
    {
        for (var cut = 0; cut <= s_form.Length; cut++)
        {
            var scanner = new MultipartScanner(MultipartForm.Boundary);
            scanner.Read(s_form.AsSpan(0, cut));
            scanner.Read(s_form.AsSpan(cut));
            AssertWhole(scanner);
        }
    }

    [Fact]
    public void One_byte_at_a_time_is_as_good_as_all_at_once()
    {
        var scanner = new MultipartScanner(MultipartForm.Boundary);
        foreach (var one in s_form)
            scanner.Read([one]);
        AssertWhole(scanner);
    }

    [Fact]
    public void A_form_that_has_not_ended_is_broken_wherever_it_stops()
    {
        for (var length = 0; length < s_form.Length - "--\r\n".Length; length++)
        {
            var scanner = new MultipartScanner(MultipartForm.Boundary);
            scanner.Read(s_form.AsSpan(0, length));
            Assert.Throws<CallException>(scanner.Finish);
        }
    }

    [Fact]
    public void A_part_may_be_empty_and_its_blank_line_all_there_is()
    {
        var scanner = new MultipartScanner("b");
        scanner.Read(
            "\r\n--b  \r\nContent-Disposition: form-data; name=a\r\n\r\n"u8
            + "--b\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n--b--"u8);
        scanner.Finish();
        Assert.Equal([("a", ""), ("model", "m")], scanner.Fields.Select(one => (one.Name, one.Value)));
    }

    [Fact]
    public void Nothing_but_a_call_exception_comes_of_a_changed_byte()
    {
        var random = new Random(7);
        for (var at = 0; at < s_form.Length; at++)
        {
            var mutated = s_form.ToArray();
            mutated[at] = (byte)random.Next(256);
            try
            {
                var scanner = new MultipartScanner(MultipartForm.Boundary);
                scanner.Read(mutated);
                scanner.Finish();
            }
            catch (CallException e)
            {
                Assert.Equal(CallErrorKind.InvalidRequest, e.Error.Kind);
            }
        }
    }

    [Fact]
    public void A_form_of_endless_headers_or_parts_is_refused()
    {
        Assert.Throws<CallException>(() => new MultipartScanner("b").Read(Encoding.UTF8.GetBytes($"--b\r\nX: {new string('x', 20_000)}")));
        var parts = string.Concat(Enumerable.Repeat("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", 2000));
        Assert.Throws<CallException>(() => new MultipartScanner("b").Read(Encoding.UTF8.GetBytes(parts)));
    }

    [Fact]
    public void A_field_too_long_for_the_envelope_passes_without_being_kept()
    {
        var scanner = new MultipartScanner(MultipartForm.Boundary);
        scanner.Read(
            new MultipartForm().Field("prompt", new string('x', MultipartScanner.LongestValue + 100)).Field("model", "m").ToBytes());
        scanner.Finish();
        Assert.Equal("model", Assert.Single(scanner.Fields).Name);
    }

    private static void AssertWhole(MultipartScanner scanner)
    {
        scanner.Finish();
        Assert.Equal(
            [("language", "de"), ("model", "up/whisper"), ("prompt", ""), ("languages[]", "de\r\n--"), ("stream", "true")],
            scanner.Fields.Select(one => (one.Name, one.Value)));
        Assert.Equal("up/whisper", Encoding.UTF8.GetString(s_form, (int)scanner.Model!.Start, scanner.Model.Length));
    }
}
