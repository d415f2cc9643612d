/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for QEMU (-machine isapc -bios) that is nothing but this ROM of 64 KiB, with an
 * NE2000 at 0x300: 18 times a second it sends a frame from its own address, and the same
 * from another's. In them: how often it did so since it was started, and the NIC's CURR, which
 * goes up by one with each frame that it received. Its first six octets are its address.
 */
#define NIC		0x300
#define DATA		(NIC + 0x10)
#define COUNTER		0x500
#define FRAME		0x600
#define OCTETS		60

.macro nic reg, value
	mov $NIC + \reg, %dx
	mov $\value, %al
	out %al, %dx
.endm

.macro port number, value
	mov $\value, %al
	out %al, $\number
.endm

	.code16
	.globl _start
_start:
mac:	.byte 0x52, 0x54, 0, 0, 0, 1

	.org 0x10
start:	cli
	cld
	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $0x7000, %sp
	movl $0, COUNTER

	/* IRQ 0, 18 times a second */
	movw $tick, 0x20
	movw $0xf000, 0x22
	port 0x20, 0x11
	port 0x21, 0x08
	port 0x21, 0x04
	port 0x21, 0x01
	port 0x21, 0xfe
	port 0x43, 0x34
	port 0x40, 0x00
	port 0x40, 0x00

	/* The frame: to all, from its address, ethertype 0x88b5, "vifq" */
	mov $FRAME, %di
	mov $0xff, %al
	mov $6, %cx
	rep stosb
	mov $mac, %si
	mov $6, %cx
1:	mov %cs:(%si), %al
	stosb
	inc %si
	loop 1b
	mov $0xb588, %ax
	stosw
	xor %ax, %ax
	mov $23, %cx
	rep stosw
	movl $0x71666976, FRAME + 14

	/* Ring of pages 0x46 to 0x80; broadcasts and its own address */
	nic 0x00, 0x21
	nic 0x0e, 0x48
	nic 0x0a, 0x00
	nic 0x0b, 0x00
	nic 0x0c, 0x04
	nic 0x0d, 0x00
	nic 0x01, 0x46
	nic 0x02, 0x80
	nic 0x03, 0x46
	nic 0x07, 0xff
	nic 0x0f, 0x00
	nic 0x00, 0x61
	nic 0x07, 0x47
	mov $NIC + 1, %dx
	mov $mac, %si
	mov $6, %cx
2:	mov %cs:(%si), %al
	out %al, %dx
	inc %dx
	inc %si
	loop 2b
	nic 0x00, 0x22

main:	sti
	hlt
	cli
	incl COUNTER
	mov COUNTER, %eax
	mov %eax, FRAME + 18
	nic 0x00, 0x62
	mov $NIC + 7, %dx
	in %dx, %al
	mov %al, FRAME + 22
	nic 0x00, 0x22
	call send
	xorb $0xff, FRAME + 11
	call send
	xorb $0xff, FRAME + 11
	jmp main

send:	nic 0x0a, OCTETS
	nic 0x0b, 0x00
	nic 0x08, 0x00
	nic 0x09, 0x40
	nic 0x00, 0x12
	mov $FRAME, %si
	mov $OCTETS, %cx
	mov $DATA, %dx
	rep outsb
	nic 0x04, 0x40
	nic 0x05, OCTETS
	nic 0x06, 0x00
	nic 0x00, 0x26
	ret

tick:	push %ax
	port 0x20, 0x20
	pop %ax
	iret

	.org 0xfff0
	ljmp $0xf000, $start
	.org 0xffff
	.byte 0
